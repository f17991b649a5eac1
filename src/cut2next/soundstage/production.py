"""A production: many scenes, each on a set of its own, shot by several processes, in order.

A scene is one cut, or a sequence. It depends on its seed alone. So a production of 100 scenes from
seed 0 holds the 50 from seed 50, whatever the machine and the number of processes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from random import Random

from cut2next.film import InputError
from cut2next.film.workers import in_order, processors, worker_pool
from cut2next.soundstage.action import in_action
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import EVERYTHING, Repertoire
from cut2next.soundstage.sequences import check_length, draw_sequence, shoot_sequence
from cut2next.soundstage.shooting import CutWithTruth, draw_cut, shoot_cut

_AHEAD = 3
"""Scenes a process may be ahead of whoever takes them, so that memory stays flat."""


@dataclass(frozen=True, kw_only=True)
class Production:
    """What to shoot: scene number i is made on the set of seed `seed` + i."""

    seed: int
    count: int
    size: tuple[int, int]
    """Width and height of the pictures, pixels."""
    repertoire: Repertoire = EVERYTHING
    samples: int = 3
    """A pixel is the mean of `samples` × `samples` rays."""
    shots_a_scene: int = 2
    """Two are one cut, 4 to 16 a sequence."""
    action: bool = False
    """Whether the leads are in poses, and some pictures blurred by motion."""

    def __post_init__(self) -> None:
        least = {"count": self.count, "width": self.size[0], "height": self.size[1]}
        least |= {"samples": self.samples}
        for name, number in least.items():
            if number < 1:
                raise InputError(f"{name} {number}", expected="1 or more", hint="ask for one")
        if self.shots_a_scene != 2:
            check_length(self.shots_a_scene)

    @property
    def cuts(self) -> int:
        """How many cuts that is."""
        return self.count * (self.shots_a_scene - 1)

    def film_set(self, number: int) -> FilmSet:
        """The set of scene number 0, 1, ..."""
        width, height = self.size
        still = build_set(self.seed + number, repertoire=self.repertoire, aspect=width / height)
        return in_action(still) if self.action else still

    def cut(self, number: int) -> CutWithTruth:
        """One cut on the set of scene number 0, 1, ..."""
        film_set = self.film_set(number)
        chance = Random(f"cut2next cut {film_set.seed}")  # text: the same on every platform
        return shoot_cut(film_set, draw_cut(film_set, chance), chance, self.size, self.samples)

    def scene(self, number: int) -> list[CutWithTruth]:
        """The cuts of scene number 0, 1, ... in order."""
        if self.shots_a_scene == 2:
            return [self.cut(number)]
        film_set = self.film_set(number)
        chance = Random(f"cut2next sequence {film_set.seed}")
        cuts = draw_sequence(film_set, chance, self.shots_a_scene)
        return list(shoot_sequence(film_set, cuts, chance, self.size, self.samples))

    def shoot(self, workers: int | None = None) -> Iterator[CutWithTruth]:
        """Every cut in order, by `workers` processes (as many as there are processors)."""
        # The first is shot here: it compiles the ray caster, and the others find it compiled.
        yield from self.scene(0)
        workers = min(workers or processors(), self.count - 1)
        if workers < 2:
            yield from chain.from_iterable(map(self.scene, range(1, self.count)))
        else:
            with worker_pool(workers) as pool:
                jobs = (pool.submit(self.scene, number) for number in range(1, self.count))
                scenes = in_order(jobs, workers * _AHEAD)
                yield from chain.from_iterable(scenes)
