"""What happens, as server-sent events: operations in their order, and how far jobs are.

A listener is only told that there is something; what it has not seen it reads from the log, so that
one that is slow or was away holds nobody up and misses no operation. What is told is read and
written once, in a thread, for all who have seen as much.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cut2next.studio.as_json import to_json
from cut2next.studio.board import Board
from cut2next.studio.numbering import numbers
from cut2next.studio.operations import OPERATION
from cut2next.studio.store import Head, Job, Store

_PING = 15.0
"""Seconds after which silence is broken, so that proxies and pages know that somebody is there."""
_FAR = 1_000
"""Operations behind, from which on a page does better to read the board anew."""
_LONG = 2_000_000
"""Letters of operations, likewise: a large board has about as many."""


@dataclass(frozen=True, kw_only=True)
class _News:
    """What is told to whoever has seen as much."""

    version: int
    """Up to which."""
    numbers: Mapping[str, str]
    """Of all panels then."""
    text: str


class _JobNow:
    """A job as it is, which is written once for all."""

    def __init__(self, job: Job) -> None:
        self._job = job

    @cached_property
    def event(self) -> str:
        """What is told of it."""
        return _event("job", to_json(self._job))


class Listener:
    """One client."""

    def __init__(self, seen: int | None) -> None:
        self.changed = asyncio.Event()
        self.seen = seen
        """The version that it knows."""
        self.numbers: Mapping[str, str] | None = None
        """That it was sent last: they are told again when there are others."""
        self.jobs: dict[str, _JobNow] = {}
        """Those that changed since they were sent."""


class Hub:
    """All clients. Lives on one event loop."""

    def __init__(self, store: Store) -> None:
        self.listeners: set[Listener] = set()
        self.is_closing = False
        self._store = store
        self._numbers: Mapping[str, str] = {}
        self._version = -1
        self._news: dict[tuple[int | None, int], asyncio.Task[_News]] = {}
        """Of that version, by what a listener has seen."""

    def job(self, job: Job) -> None:
        """Tells all how a job is."""
        now = _JobNow(job)
        for listener in self.listeners:
            listener.jobs[job.id] = now
        self.change()

    def change(self) -> None:
        """Tells all that there is something new in the log."""
        for listener in self.listeners:
            listener.changed.set()

    def close(self) -> None:
        """Lets all clients go."""
        self.is_closing = True
        self.change()

    async def events(self, since: int | None) -> AsyncIterator[str]:
        """What happens after a version, as an event stream, until this closes.

        Whoever is too far behind, or tells no version, is greeted with the board's own.
        """
        listener = Listener(since)
        self.listeners.add(listener)
        try:
            while not self.is_closing:
                listener.changed.clear()
                if listener.seen != self._store.version:
                    yield await self._told(listener)
                jobs, listener.jobs = listener.jobs, {}
                if jobs:
                    yield await asyncio.to_thread(_events, jobs.values())
                try:
                    await asyncio.wait_for(listener.changed.wait(), _PING)
                except TimeoutError:
                    yield ": ping\n\n"
        finally:
            self.listeners.discard(listener)

    async def _told(self, listener: Listener) -> str:
        """What a listener has not seen, which it has then."""
        if self._version != self._store.version:
            self._version, self._news = self._store.version, {}
        seen = listener.seen, id(listener.numbers)
        if seen not in self._news:
            read = asyncio.to_thread(self._read, listener.seen, listener.numbers)
            self._news[seen] = asyncio.create_task(read)
        news = await asyncio.shield(self._news[seen])  # others wait for it too
        listener.seen, listener.numbers = news.version, news.numbers
        return news.text

    def _read(self, seen: int | None, known: Mapping[str, str] | None) -> _News:
        head = self._store.head
        now = self._numbered(head.board)
        if seen is None or not self._is_near(seen, head):
            text = _event("hello", {"version": head.version}, head.version)
            return _News(version=head.version, numbers=now, text=text)
        told = [
            {
                **standing(head),
                "version": row.number,
                "kind": row.kind,
                "operation": to_json(row.operation, OPERATION),
            }
            for row in self._store.since(seen)
            if row.number <= head.version  # what came meanwhile has other numbers
        ]
        if now is not known or len(told) > 1:  # whoever read the board between has others
            told[-1]["numbers"] = now
        text = "".join(_event("operation", each, each["version"]) for each in told)
        return _News(version=head.version, numbers=now, text=text)

    def _is_near(self, seen: int, head: Head) -> bool:
        near = 0 <= head.version - seen <= _FAR
        return near and self._store.letters_since(seen) <= _LONG

    def _numbered(self, board: Board) -> Mapping[str, str]:
        """Numbers of all panels; the very same as long as they are equal."""
        now, last = numbers(board), self._numbers
        if now == last:
            return last
        self._numbers = now
        return now


def standing(head: Head) -> dict[str, Any]:
    """What every answer to a change tells."""
    can = {"can_undo": head.can_undo, "can_redo": head.can_redo}
    return {"version": head.version, **can}


def _events(jobs: Iterable[_JobNow]) -> str:
    return "".join(job.event for job in jobs)


def _event(name: str, data: object, number: int | None = None) -> str:
    at = "" if number is None else f"id: {number}\n"
    return f"{at}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
