"""A few examples of each kind, chosen as by lot, yet the same whatever the order of reading."""

from bisect import insort
from collections import Counter, defaultdict
from hashlib import blake2b


class Examples:
    """Holds at most `most` ids of each kind: those whose hash is the least."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.counts: Counter[str] = Counter()
        """How many were offered, by kind."""
        self._drawn: dict[str, list[tuple[bytes, str]]] = defaultdict(list)

    def offer(self, kind: str, id_: str) -> None:
        """One more of a kind."""
        self.counts[kind] += 1
        drawn = self._drawn[kind]
        insort(drawn, (blake2b(id_.encode(), digest_size=8).digest(), id_))
        del drawn[self._most :]

    def of(self, kind: str) -> list[str]:
        """The ids that were drawn of a kind."""
        return [id_ for _, id_ in self._drawn.get(kind, ())]

    def all(self) -> set[str]:
        """The ids that were drawn of any kind."""
        return {id_ for drawn in self._drawn.values() for _, id_ in drawn}
