"""What happens, as server-sent events: operations in their order, and how far jobs are.

A listener is only told that there is something; what it has not seen it reads from the log, so that
one that is slow or was away holds nobody up and misses nothing.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from cut2next.studio.as_json import to_json
from cut2next.studio.numbering import numbers
from cut2next.studio.operations import OPERATION
from cut2next.studio.store import Head, Job, Logged, Store

_PING = 15.0
"""Seconds after which silence is broken, so that proxies and pages know that somebody is there."""
_FAR = 1_000
"""Operations behind, from which on a page does better to read the board anew."""


class Listener:
    """One client."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.jobs: dict[str, Job] = {}
        """As they are now, of those that changed since they were sent."""


class Hub:
    """All clients. Lives on one event loop."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.is_closing = False

    def job(self, job: Job) -> None:
        """Tells all how a job is."""
        for listener in self.listeners:
            listener.jobs[job.id] = job
        self.change()

    def change(self) -> None:
        """Tells all that there is something new in the log."""
        for listener in self.listeners:
            listener.changed.set()

    def close(self) -> None:
        """Lets all clients go."""
        self.is_closing = True
        self.change()


async def events(hub: Hub, store: Store, since: int | None, most: int) -> AsyncIterator[str]:
    """What happens after a version, as an event stream, until the hub closes.

    Of at most so many clients; whoever is too far behind, or tells no version, is greeted with the
    board's own.
    """
    if len(hub.listeners) >= most:
        return
    listener, seen = Listener(), store.version if since is None else since
    hub.listeners.add(listener)
    try:
        if since is None or not 0 <= store.version - since <= _FAR:
            seen = store.version
            yield _event("hello", {"version": seen}, seen)
        while not hub.is_closing:
            listener.changed.clear()
            for logged in await asyncio.to_thread(store.since, seen):
                seen = logged.number
                yield _event("operation", _told(store.head, logged), seen)
            jobs, listener.jobs = listener.jobs, {}
            for job in jobs.values():
                yield _event("job", to_json(job))
            try:
                await asyncio.wait_for(listener.changed.wait(), _PING)
            except TimeoutError:
                yield ": ping\n\n"
    finally:
        hub.listeners.discard(listener)


def standing(head: Head) -> dict[str, Any]:
    """What every answer to a change tells."""
    can = {"can_undo": head.can_undo, "can_redo": head.can_redo}
    return {"version": head.version, **can}


def _told(head: Head, logged: Logged) -> dict[str, Any]:
    operation = to_json(logged.operation, OPERATION)
    told = {**standing(head), "version": logged.number, "kind": logged.kind}
    return {**told, "operation": operation, "numbers": dict(numbers(head.board))}


def _event(name: str, data: object, number: int | None = None) -> str:
    at = "" if number is None else f"id: {number}\n"
    return f"{at}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
