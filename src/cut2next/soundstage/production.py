"""A production: many cuts, each on a set of its own, shot by several processes, in order.

A cut depends on its seed alone. So a production of 100 cuts from seed 0 holds the 50 cuts from seed
50, whatever the machine and the number of processes.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from random import Random

from cut2next.film import InputError
from cut2next.film.workers import processors, worker_pool
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import EVERYTHING, Repertoire
from cut2next.soundstage.shooting import CutWithTruth, draw_cut, shoot_cut

_AHEAD = 3
"""Cuts a process may be ahead of whoever takes them, so that memory stays flat."""


@dataclass(frozen=True, kw_only=True)
class Production:
    """What to shoot: cut number i is made on the set of seed `seed` + i."""

    seed: int
    count: int
    size: tuple[int, int]
    """Width and height of the pictures, pixels."""
    repertoire: Repertoire = EVERYTHING
    samples: int = 3
    """A pixel is the mean of `samples` × `samples` rays."""

    def __post_init__(self) -> None:
        least = {"count": self.count, "width": self.size[0], "height": self.size[1]}
        least |= {"samples": self.samples}
        for name, number in least.items():
            if number < 1:
                raise InputError(f"{name} {number}", expected="1 or more", hint="ask for one")

    def cut(self, number: int) -> CutWithTruth:
        """Cut number 0, 1, ..."""
        seed = self.seed + number
        chance = Random(f"cut2next cut {seed}")  # a text seed: the same on every platform
        width, height = self.size
        film_set = build_set(seed, repertoire=self.repertoire, aspect=width / height)
        return shoot_cut(film_set, draw_cut(film_set, chance), chance, self.size, self.samples)

    def shoot(self, workers: int | None = None) -> Iterator[CutWithTruth]:
        """Every cut in order, by `workers` processes (as many as there are processors)."""
        # The first is shot here: it compiles the ray caster, and the others find it compiled.
        yield self.cut(0)
        workers = min(workers or processors(), self.count - 1)
        if workers < 2:
            yield from map(self.cut, range(1, self.count))
        else:
            yield from self._shoot_rest(workers)

    def _shoot_rest(self, workers: int) -> Iterator[CutWithTruth]:
        waiting: deque[Future[CutWithTruth]] = deque()
        with worker_pool(workers) as pool:
            for number in range(1, self.count):
                waiting.append(pool.submit(self.cut, number))
                if len(waiting) > workers * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
