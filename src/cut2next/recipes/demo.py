"""The demonstration: from one shot of a film set five ways to cut, and a sequence of six shots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

import torch
from PIL import Image

from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.film import (
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    RelationalPrompt,
    patterns_label,
)
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.encoded import CurrentShot
from cut2next.generation.provenance import Provenance
from cut2next.pages.poster import Lead, Section, Tile, poster
from cut2next.recipes.cut_sheet import readable
from cut2next.soundstage.camera import Setup, patterns_between
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import repertoire_named
from cut2next.soundstage.wording import individual_prompt, relational_prompt

FIRST_SEED = 2_000_000
"""Far from the seeds of training and of the benchmark."""
_CURRENT = "medium close up a"
"""A setup from which an editor can cut in all five ways."""
CUTS = {
    EditingPattern.SHOT_REVERSE_SHOT: "medium close up b",
    EditingPattern.CUT_IN: "close up a",
    EditingPattern.CUT_OUT: "two",
    EditingPattern.CUTAWAY: "feature0",
    EditingPattern.MULTI_ANGLE: "profile a",
}
"""From the current shot, to which setup."""
SEQUENCE = ("wide", "insert 0", "over shoulder b", "close up a", "overhead a", "above")
"""Setups, one after the other."""
_UNSAID = RelationalPrompt(transition="")


@dataclass(frozen=True, kw_only=True)
class Take:
    """A setup of the film set as it truly looks, and in words."""

    setup: Setup
    picture: Image.Image
    prompt: IndividualPrompt


@dataclass(frozen=True, kw_only=True)
class MadeShot:
    """A next shot that the model made, of a take that is its truth."""

    label: str
    take: Take
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
        return len(CUTS) + len(SEQUENCE)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures: what the model knows."""
        width, height = self.pipeline.config["default_size"] or HeldOut.size
        return width, height

    @cached_property
    def film_set(self) -> FilmSet:
        """Of the part that the model knows, or of everything."""
        repertoire = repertoire_named(self.pipeline.config["repertoire"])
        aspect = self.size[0] / self.size[1]
        return build_set(FIRST_SEED + self.seed, repertoire=repertoire, aspect=aspect)

    @cached_property
    def first(self) -> Take:
        """The shot that all cuts begin with."""
        return self._take(_CURRENT)

    def shots(self) -> Iterator[MadeShot]:
        """The five cuts, then the six shots of the sequence, made one after the other."""
        # The current shot is read once for all that is cut from it.
        first = self.pipeline.prefill(self.first.picture, self.first.prompt), self.first
        for pattern, name in CUTS.items():
            yield self._made(pattern.label, *first, self._take(name))
        before = first
        for number, name in enumerate(SEQUENCE, 1):
            take = self._take(name)
            patterns = patterns_between(self.first.setup, take.setup)
            whence = "" if patterns else f" from {number - 1}"
            patterns = patterns or patterns_between(before[1].setup, take.setup)
            label = f"{number} · {patterns_label(patterns)}{whence}"
            shot = self._made(label, *(before if whence else first), take)
            yield shot
            before = self.pipeline.prefill(shot.picture, take.prompt), take

    def sheet(self, shots: Sequence[MadeShot]) -> Image.Image:
        """All of them beside what is true, on one picture."""
        return poster(self.sections(shots))

    def sections(self, shots: Sequence[MadeShot]) -> tuple[Section, Section]:
        """The parts of the sheet, for whoever shows them apart: the five cuts, the sequence."""
        tiles = [self._tile(shot) for shot in shots]
        lead = Lead(
            picture=self.first.picture,
            label="The current shot, which is all that the model sees",
            words=readable(self.first.prompt.text),
            people=[(person.name, person.look.short) for person in self.film_set.cast],
        )
        cuts = Section(
            title="From one shot,\nfive ways to cut",
            about=f"Made by cut2next's {self.name} from the picture below and a few words for each "
            "cut. Under each: the same shot as it was really filmed, on a set that the model has "
            "never seen.",
            tiles=tiles[: len(CUTS)],
            lead=lead,
        )
        sequence = Section(
            title="A sequence of six shots",
            about="All from that one picture: each shot made from it, or from the shot before.",
            tiles=tiles[len(CUTS) :],
        )
        return cuts, sequence

    def _take(self, name: str) -> Take:
        film_set = self.film_set
        (setup,) = (setup for setup in film_set.setups if setup.name == name)
        # One wording for all: the same person is called the same in every cut.
        prompt = individual_prompt(film_set, setup, Random(film_set.seed))
        alone = HierarchicalPrompt(relational=_UNSAID, current=prompt, next=prompt)
        picture = Image.fromarray(film_set.picture(setup, self.size, 3))
        return Take(setup=setup, picture=picture, prompt=self.pipeline.shortened(alone).current)

    def _made(self, label: str, shot: CurrentShot, current: Take, following: Take) -> MadeShot:
        patterns = patterns_between(current.setup, following.setup)
        chance = Random(self.film_set.seed)
        prompt = self.pipeline.shortened(
            HierarchicalPrompt(
                relational=relational_prompt(self.film_set, patterns, following.setup, chance),
                current=current.prompt,
                next=following.prompt,
            )
        )
        provenance = Provenance(
            prompt=prompt,
            model=self.name,
            table=self.pipeline.table.name,
            seed=self.seed,
            steps=self.pipeline.steps(),
        )
        seeded = torch.Generator().manual_seed(self.seed)
        picture = self.pipeline(shot, prompt, generator=seeded).images[0]
        return MadeShot(label=label, take=following, picture=picture, provenance=provenance)

    def _tile(self, shot: MadeShot) -> Tile:
        pictures = (f"made by {self.name}", shot.picture), ("the true shot", shot.take.picture)
        # Where all happens is told once, above.
        where = f" in the {self.film_set.place.name}"
        words = readable(shot.take.prompt.summary).removesuffix(where)
        return Tile(label=shot.label, words=words, pictures=pictures)
