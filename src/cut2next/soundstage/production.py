"""A production: many cuts, each on a set of its own, shot by several processes, in order.

A cut depends on its seed alone. So a production of 100 cuts from seed 0 holds the 50 cuts from seed
50, whatever the machine and the number of processes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from cut2next.film import InputError
from cut2next.film.workers import in_order, processors, worker_pool
from cut2next.soundstage.film_set import FilmSet, build_set
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

    def film_set(self, number: int) -> FilmSet:
        """The set of cut number 0, 1, ..."""
        width, height = self.size
        return build_set(self.seed + number, repertoire=self.repertoire, aspect=width / height)

    def cut(self, number: int) -> CutWithTruth:
        """Cut number 0, 1, ..."""
        film_set = self.film_set(number)
        chance = Random(f"cut2next cut {film_set.seed}")  # text: the same on every platform
        return shoot_cut(film_set, draw_cut(film_set, chance), chance, self.size, self.samples)

    def shoot(self, workers: int | None = None) -> Iterator[CutWithTruth]:
        """Every cut in order, by `workers` processes (as many as there are processors)."""
        # The first is shot here: it compiles the ray caster, and the others find it compiled.
        yield self.cut(0)
        workers = min(workers or processors(), self.count - 1)
        if workers < 2:
            yield from map(self.cut, range(1, self.count))
        else:
            with worker_pool(workers) as pool:
                jobs = (pool.submit(self.cut, number) for number in range(1, self.count))
                yield from in_order(jobs, workers * _AHEAD)
