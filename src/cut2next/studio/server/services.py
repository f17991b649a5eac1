"""What the routes stand on: the store, who makes pictures, who listens, and where copies lie."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fastapi import Request

from cut2next.annotation.annotator import Annotator
from cut2next.makers.named import MakerChoice
from cut2next.studio.continuity import Continuity
from cut2next.studio.difference import Difference
from cut2next.studio.jobs.dispatcher import Dispatcher
from cut2next.studio.server.events import Hub
from cut2next.studio.server.films import Films
from cut2next.studio.store import Store

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Services:
    """Of one board."""

    store: Store
    dispatcher: Dispatcher
    hub: Hub
    makers: Mapping[str, MakerChoice]
    """By the names that a page and clients know; no other is ever used."""
    cache: Path
    """A folder for what can be made again: small copies of pictures."""
    films: Films
    continuity: Continuity
    annotator: Annotator | None = None
    """Who may be asked what a picture shows."""
    imports: dict[str, Difference] = field(default_factory=dict)
    """The last that may be accepted, by name, as they were told."""
    one_import: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """From the first byte on: small files of a form lie in memory until it is read."""
    one_export: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    one_frame: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """Films are decoded by all processors as it is."""
    one_look: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """A board's continuity takes minutes at first: who waits for it is not to hold a thread."""

    def let_go(self) -> None:
        """Ends what would go on without end: those who listen, and those who wait for pictures."""
        self.hub.close()
        self.dispatcher.let_go()

    async def changing(self, change: Callable[[], Result]) -> Result:
        """Does what changes the board, in a thread, and tells all listeners."""
        result = await asyncio.to_thread(change)
        self.hub.change()
        return result


def services(request: Request) -> Services:
    """Those of the application that a request came to; a dependency of routes."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found
