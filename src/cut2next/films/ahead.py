"""Reading ahead: one thread decodes while another looks at what was decoded before."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


_BATCH = 16
"""Things that change threads together, since every change takes time."""


def ahead(things: Iterable[T], batches: int = 2) -> Generator[T]:
    """The same things in the same order, a few batches of them taken before they are asked for.

    What taking them raises is raised here, after the batches before. Memory holds what was taken.
    """
    source = iter(things)

    def taken() -> list[T]:
        return list(islice(source, _BATCH))

    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(taken) for _ in range(batches))
        while arrived := waiting.popleft().result():
            waiting.append(thread.submit(taken))
            yield from arrived
