"""Rushes: many sets shot to disk, ahead of training.

A reel holds the pictures of consecutive seeds; which setups were shot follows from the seed, so
the reels need no index. A reel is written whole or not at all: shooting again fills the gaps.
"""

from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from cut2next.film.paths import checked
from cut2next.film.workers import processors, worker_pool
from cut2next.film.writing import make_folder, whole_file
from cut2next.soundstage import PICTURE_SIZE
from cut2next.soundstage.action import in_action
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import Repertoire
from cut2next.soundstage.truth import pixel_kinds

_COMPANY_EVERY = 4
"""A quarter of the sets: people who always look the same are learnt at once, and lead the way."""


@dataclass(frozen=True, kw_only=True)
class Rushes:
    """What to shoot. Training seeds count up from zero; held-out ones are far away from them."""

    folder: Path
    repertoire: Repertoire
    sets: int
    setups_a_set: int = 12
    sets_a_reel: int = 50
    size: tuple[int, int] = PICTURE_SIZE
    first: int = 0
    """The first set's seed."""
    action: bool = False
    """Whether the leads are in poses, and some pictures blurred by motion."""

    def build(self, seed: int) -> FilmSet:
        """The set of a seed, at the aspect ratio of the pictures; the company plays in some."""
        repertoire = self.repertoire
        if seed % _COMPANY_EVERY == 0 and "company" in repertoire.casts:
            repertoire = replace(repertoire, casts=("company",))
        still = build_set(seed, repertoire=repertoire, aspect=self.size[0] / self.size[1])
        return in_action(still) if self.action else still

    def seeds(self, reel: int) -> range:
        """Those of a reel's sets."""
        begin = self.first + reel * self.sets_a_reel
        return range(begin, begin + self.sets_a_reel)

    def setups(self, film_set: FilmSet) -> list[Setup]:
        """The setups that were shot of a set, in the order of its pictures."""
        return Random(film_set.seed).sample(film_set.setups, self.setups_a_set)

    def reel(self, number: int) -> NDArray[np.uint8]:
        """The pictures of a reel: [sets_a_reel, setups_a_set, height, width, 3]."""
        return np.load(checked(self._path("reel", number)), mmap_mode="r")  # type: ignore[no-any-return]

    def kinds(self, number: int) -> NDArray[np.uint8]:
        """What every pixel of a reel shows: numbers of `PIXEL_KINDS`, without the three colours."""
        return np.load(checked(self._path("kinds", number)), mmap_mode="r")  # type: ignore[no-any-return]

    def shot(self, number: int) -> bool:
        """Whether a reel is on disk."""
        return self._path("reel", number).exists()

    @property
    def reels(self) -> range:
        """Numbers of the reels."""
        return range(-(-self.sets // self.sets_a_reel))

    def shoot(self, workers: int | None = None) -> Iterator[int]:
        """Shoots every reel that is not on disk yet; yields the number of each as it is done."""
        make_folder(self.folder)
        missing = [number for number in self.reels if not self.shot(number)]
        yield from (number for number in self.reels if number not in missing)
        if not missing:
            return
        workers = min(workers or processors(), len(missing))
        with worker_pool(workers) as pool:
            jobs = {pool.submit(self._shoot_reel, number): number for number in missing}
            for job in as_completed(jobs):
                job.result()
                yield jobs[job]

    def _shoot_reel(self, number: int) -> None:
        pictures, kinds = self.takes(number)
        for name, array in (("kinds", kinds), ("reel", pictures)):
            with whole_file(self._path(name, number)) as partial:
                np.save(partial, array)

    def takes(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """What is shot for a reel, as `reel` and `kinds` read it from disk."""
        sets = [self.build(seed) for seed in self.seeds(number)]
        pictures, kinds = zip(*(self._takes(film_set) for film_set in sets), strict=True)
        return np.array(pictures, np.uint8), np.array(kinds, np.uint8)

    def _takes(self, film_set: FilmSet) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
        """Pictures of a set's setups, and what their pixels show."""
        kinds = pixel_kinds(film_set.geometry.parts)
        lit = [film_set.light(setup, self.size) for setup in self.setups(film_set)]
        return [film_set.develop(light) for light, _ in lit], [kinds[ids] for _, ids in lit]

    def _path(self, name: str, number: int) -> Path:
        return self.folder / f"{name}-{number:05d}.npy"
