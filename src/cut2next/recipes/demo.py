"""The demonstration: from one shot of a film set five ways to cut, and a sequence of six shots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice
from random import Random

import torch
from PIL import Image

from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.film import (
    EditingPattern,
    HierarchicalPrompt,
    RelationalPrompt,
    Shot,
    patterns_label,
)
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.encoded import CurrentShot
from cut2next.generation.provenance import Provenance
from cut2next.pages.poster import Lead, Section, Tile, poster
from cut2next.recipes.cut_sheet import readable
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import repertoire_named
from cut2next.soundstage.sequences import draw_sequence
from cut2next.soundstage.shooting import PossibleCut, possible_cuts, take
from cut2next.soundstage.wording import relational_prompt

FIRST_SEED = 2_000_011
"""Far from the seeds of training and of the benchmark; of a set that shows much, chosen by eye."""
_CURRENT = "medium close up a"
"""A setup from which an editor can cut in all five ways."""
CUTS = {
    EditingPattern.SHOT_REVERSE_SHOT: "medium close up b",
    EditingPattern.CUT_IN: "close up a",
    EditingPattern.CUT_OUT: "two",
    EditingPattern.CUTAWAY: "feature0",
    EditingPattern.MULTI_ANGLE: "profile a",
}
"""To which setup, if that is what it would be there."""
SEQUENCE = 6
"""Shots."""
_DRAWN = 8
"""Sequences to choose one of."""
_UNSAID = RelationalPrompt(transition="")


@dataclass(frozen=True, kw_only=True)
class MadeShot:
    """A next shot that the model made, beside what is true."""

    label: str
    truth: Shot
    picture: Image.Image
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What is shown."""

    pipeline: Cut2NextPipeline
    name: str = "the model"
    """Of the model, as captions write it."""
    seed: int = 0

    @property
    def total(self) -> int:
        """How many next shots are made."""
        return len(CUTS) + SEQUENCE

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures: what the model knows."""
        width, height = self.pipeline.config["default_size"] or HeldOut.size
        return width, height

    @property
    def _reads_earlier(self) -> bool:
        return bool(self.pipeline.config["earlier_shots"])

    @cached_property
    def film_set(self) -> FilmSet:
        """Of the part that the model knows, or of everything."""
        repertoire = repertoire_named(self.pipeline.config["repertoire"])
        aspect = self.size[0] / self.size[1]
        return build_set(FIRST_SEED + self.seed, repertoire=repertoire, aspect=aspect)

    @cached_property
    def current(self) -> Shot:
        """The shot that all cuts begin with."""
        return self._take(next(setup for setup in self.film_set.setups if setup.name == _CURRENT))

    def shots(self) -> Iterator[MadeShot]:
        """The five cuts, then the shots of the sequence, made one after the other."""
        # The current shot is read once for all that is cut from it.
        current = self.pipeline.prefill(self.current.keyframe, self.current.prompt)
        for pattern in CUTS:
            yield self._made(current, cut_by(self.film_set, pattern), pattern.label)
        before = current
        for number, cut in enumerate(sequence_from(self.film_set), 1):
            whence = f" from {number - 1}" if cut.current.name != _CURRENT else ""
            label = f"{number} · {patterns_label(cut.patterns)}{whence}"
            shot = self._made(before if whence else current, cut, label)
            yield shot
            before = self.pipeline.prefill(shot.picture, shot.provenance.prompt.next)
            if self._reads_earlier:
                before = before.after(current)  # from which nothing has drifted

    def sheet(self, shots: Sequence[MadeShot]) -> Image.Image:
        """All of them beside what is true, on one picture."""
        return poster(self.sections(shots))

    def sections(self, shots: Sequence[MadeShot]) -> tuple[Section, Section]:
        """The parts of the sheet, for whoever shows them apart: the five cuts, the sequence."""
        tiles = [self._tile(shot) for shot in shots]
        lead = Lead(
            picture=self.current.keyframe,
            label="The current shot, the only picture that the model sees",
            words=readable(self.current.prompt.text),
            people=[(person.name, person.look.short) for person in self.film_set.cast],
        )
        cuts = Section(
            title="From one shot,\nfive ways to cut",
            about=f"Made by cut2next's {self.name} from the picture below and a prompt for each "
            "cut, which begins as it says above it. Under each: the same shot as it was really "
            "filmed, on a set that the model has never seen.",
            tiles=tiles[: len(CUTS)],
            lead=lead,
        )
        sequence = Section(
            title="A sequence of six shots",
            about="All from that one picture: each shot made from it, or from the shot before"
            f"{' and it' if self._reads_earlier else ''}.",
            tiles=tiles[len(CUTS) :],
        )
        return cuts, sequence

    def _take(self, setup: Setup) -> Shot:
        # One wording for all: the same person is called the same in every cut.
        shot, _ = take(self.film_set, setup, Random(self.film_set.seed), self.size)
        alone = HierarchicalPrompt(relational=_UNSAID, current=shot.prompt, next=shot.prompt)
        return replace(shot, prompt=self.pipeline.shortened(alone).current)

    def _made(self, current: CurrentShot, cut: PossibleCut, label: str) -> MadeShot:
        truth, chance = self._take(cut.next), Random(self.film_set.seed)
        relational = relational_prompt(self.film_set, cut.patterns, cut.next, chance)
        prompt = self.pipeline.shortened(
            HierarchicalPrompt(relational=relational, current=current.prompt, next=truth.prompt)
        )
        provenance = Provenance(
            prompt=prompt,
            model=self.name,
            table=self.pipeline.table.name,
            seed=self.seed,
            steps=self.pipeline.steps(),
        )
        seeded = torch.Generator().manual_seed(self.seed)
        picture = self.pipeline(current, prompt, generator=seeded).images[0]
        return MadeShot(label=label, truth=truth, picture=picture, provenance=provenance)

    def _tile(self, shot: MadeShot) -> Tile:
        pictures = (f"made by {self.name}", shot.picture), ("the true shot", shot.truth.keyframe)
        # Where all happens is told once, above.
        where = f" in the {self.film_set.place.name}"
        words = readable(shot.truth.prompt.summary).removesuffix(where)
        return Tile(label=shot.label, words=words, pictures=pictures)


def cut_by(film_set: FilmSet, pattern: EditingPattern) -> PossibleCut:
    """The cut from the current shot by a pattern: the usual one, or by few others besides."""
    cuts = [cut for cut in _from_current(film_set) if pattern in cut.patterns]
    return min(cuts, key=lambda cut: (cut.next.name != CUTS[pattern], len(cut.patterns)))


def sequence_from(film_set: FilmSet) -> list[PossibleCut]:
    """The cuts to the shots of a sequence, each from another setup, the first a wide one.

    From the current shot where an editor would cut from there, so that no fault of one shot is
    handed on; else from the shot before.
    """
    direct = {cut.next.name: cut for cut in _from_current(film_set)}
    drawn = (
        draw_sequence(film_set, Random(f"demo {film_set.seed} {number}"), SEQUENCE)
        for number in count()
    )
    fitting = (
        [direct[first.name], *(direct.get(cut.next.name, cut) for cut in cuts)]
        for cuts in drawn
        if (first := cuts[0].current).size == "wide" and first.name in direct
    )
    varied = (cuts for cuts in fitting if len(_setups(cuts) | {_CURRENT}) == SEQUENCE + 1)
    # Of a few, the one that has the least in common with the five cuts.
    return min(islice(varied, _DRAWN), key=lambda cuts: len(_setups(cuts) & {*CUTS.values()}))


def _setups(cuts: list[PossibleCut]) -> set[str]:
    return {cut.next.name for cut in cuts}


def _from_current(film_set: FilmSet) -> list[PossibleCut]:
    return [cut for cut in possible_cuts(film_set) if cut.current.name == _CURRENT]
