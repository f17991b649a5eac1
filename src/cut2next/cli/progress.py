"""How far a work is, where there is no terminal to draw a bar on: a plain line now and then.

Work of some seconds is not told of; what takes longer has a line soon, one every half minute, and
one at its end.
"""

from collections.abc import Iterable, Iterator
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self

from cut2next.cli.streams import tell_beside

FIRST, NEXT = 5.0, 30.0
"""Seconds until the first line, and from one to the next."""


class Lines:
    """What commands use of a bar of tqdm, told in lines on stderr."""

    def __init__(
        self,
        iterable: Iterable[Any],
        desc: str,
        total: float | None,
        unit: str,
        *,
        silent: bool = False,
    ) -> None:
        self.n: float = 0
        self.total = total
        self._iterable, self._unit = iterable, unit
        self._what, self._beside = f"{desc}: " if desc else "", ""
        self._began, self._over, self._told = monotonic(), Event(), False
        if not silent:
            # Not when something is done: that may be what takes long.
            Thread(target=self._tell_now_and_then, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        with self:
            for item in self._iterable:
                yield item
                self.update()

    def update(self, n: float = 1) -> None:
        """So much more is done."""
        self.n += n

    def set_postfix(self, *, refresh: bool = True, **values: object) -> None:
        """What to tell beside it."""
        self._beside = "".join(f", {name} {value}" for name, value in values.items())

    def close(self) -> None:
        """The last line, where there was another."""
        if self._told and not self._over.is_set():
            self._tell()
        self._over.set()

    def give_up(self) -> None:
        """No further line, not even a last one: nobody goes on with the work."""
        self._over.set()

    def _tell_now_and_then(self) -> None:
        wait = FIRST
        while not self._over.wait(wait):
            self._told, wait = True, NEXT
            self._tell()

    def _tell(self) -> None:
        of = "" if self.total is None else f" of {self.total:.0f}"
        took = f"{monotonic() - self._began:.0f} s"
        tell_beside(f"{self._what}{self.n:.0f}{of} {self._unit}s after {took}{self._beside}\n")
