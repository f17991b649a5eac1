"""A few examples of each kind, chosen as by lot, yet the same whatever the order of reading."""

from collections import defaultdict
from hashlib import blake2b
from heapq import heappush, heappushpop


class Examples:
    """Holds at most `most` ids of each kind: those whose hash is the least."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heaps: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def offer(self, kind: str, id_: str) -> None:
        """One more of a kind."""
        lot = int.from_bytes(blake2b(id_.encode(), digest_size=8).digest(), "big")
        heap = self._heaps[kind]
        if len(heap) < self._most:
            heappush(heap, (-lot, id_))
        else:
            heappushpop(heap, (-lot, id_))

    def of(self, kind: str) -> list[str]:
        """The ids that were drawn of a kind."""
        return [id_ for _, id_ in sorted(self._heaps.get(kind, ()), reverse=True)]

    def all(self) -> set[str]:
        """The ids that were drawn of any kind."""
        return {id_ for heap in self._heaps.values() for _, id_ in heap}
