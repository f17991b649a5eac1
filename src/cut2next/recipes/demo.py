"""The demonstration: from one current shot of a set, the next shot of every editing pattern."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import torch

from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.film import Cut, EditingPattern, patterns_label
from cut2next.generation import Cut2NextPipeline
from cut2next.pages.contact_sheet import SheetRow
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import Repertoire, repertoire_named
from cut2next.soundstage.shooting import possible_cuts, shoot_cut

COLUMNS = ("current shot", "next shot, made by the model", "next shot, the true one")
FIRST_SEED = 2_000_000
"""Far from the seeds of training and of the benchmark."""
_CURRENT = "medium close up a"
"""A setup from which an editor can cut in all five ways."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What is shown."""

    pipeline: Cut2NextPipeline
    sets: int = 2
    seed: int = 0

    @property
    def total(self) -> int:
        """How many next shots are made."""
        return self.sets * len(EditingPattern)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures: what the model knows."""
        width, height = self.pipeline.config["default_size"] or HeldOut.size
        return width, height

    @property
    def repertoire(self) -> Repertoire:
        """What the model knows, or everything."""
        return repertoire_named(self.pipeline.config["repertoire"])

    def rows(self) -> Iterator[SheetRow]:
        """A row for each cut, made one after the other."""
        places = self.repertoire.places
        for index in range(self.sets):
            film_set = build_set(
                FIRST_SEED + self.seed + index,
                repertoire=replace(self.repertoire, places=(places[index % len(places)],)),
                aspect=self.size[0] / self.size[1],
            )
            yield from self._rows_of(film_set)

    def _rows_of(self, film_set: FilmSet) -> Iterator[SheetRow]:
        cuts = [_cut(film_set, pattern, self.size) for pattern in EditingPattern]
        # The current shot is read once for all five; what is kept of it outlives the cut.
        shot = self.pipeline.prefill(cuts[0].current.keyframe, cuts[0].current.prompt)
        for cut in cuts:
            seeded = torch.Generator().manual_seed(self.seed)
            made = self.pipeline(shot, cut.prompt, generator=seeded)
            yield SheetRow(
                label=patterns_label(cut.patterns),
                note=cut.next.prompt.summary,
                pictures=(cut.current.keyframe, made.images[0], cut.next.keyframe),
            )


def _cut(film_set: FilmSet, pattern: EditingPattern, size: tuple[int, int]) -> Cut:
    """A cut from the set's current shot by this pattern, alone where that is possible."""
    cuts = [
        cut
        for cut in possible_cuts(film_set)
        if cut.current.name == _CURRENT and pattern in cut.patterns
    ]
    chance = Random(f"demo {film_set.seed} {pattern.value}")
    fewest = min(len(cut.patterns) for cut in cuts)
    drawn = chance.choice([cut for cut in cuts if len(cut.patterns) == fewest])
    # One wording for all: the current shot's prompt must be the same in the five cuts.
    return shoot_cut(film_set, drawn, Random(film_set.seed), size).cut
