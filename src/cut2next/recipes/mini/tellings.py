"""How cuts of the film set are told in training: by chance, so that every word has its turn.

In a share of cuts people whom the current prompt has introduced are called by name alone, so that a
name comes to mean a person in the picture; in a share the next prompt gives its subject alone, so
that the relational prompt decides the camera. The rest varies what people vary who write prompts.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from cut2next.film import IndividualPrompt, RelationalPrompt
from cut2next.recipes.mini.encoding import DROPPED
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.palette import CLOTHES, HAIR
from cut2next.soundstage.people import FACES, Look
from cut2next.soundstage.shooting import PossibleCut
from cut2next.soundstage.wording import (
    Telling,
    individual_prompt,
    introduced,
    relational_prompt,
    subject_prompt,
)

NAMES_ALONE = 0.3
SUBJECT_ALONE = 0.3
CAMERA_IN_RELATION = 0.3
CAMERA_DECIDED_IN_RELATION = 0.8
"""Where the next prompt gives its subject alone; in the rest the pattern leaves a choice."""
IMPLIED = 0.4
"""Of relational prompts: in the form in which the command line writes them."""
REPEATED = 0.25
"""Of those: with the looks that the current prompt gives, though the next one leaves them out."""
SUMMARY_ALONE = 0.15
"""Of individual prompts: what people type."""
UNTOLD = 0.05
"""Of current shots: what the command line writes of a picture that nobody described."""
MISTAKEN = 0.03
"""Of current prompts, by annotators."""


class ToldCut(NamedTuple):
    """What is told of a cut beside its current shot."""

    relational: RelationalPrompt
    next: IndividualPrompt


def told(
    film_set: FilmSet,
    cut: PossibleCut,
    chance: Random,
    *,
    names_alone: bool = False,
    subject_alone: bool = False,
) -> ToldCut:
    """A cut in words; people whom the current prompt has not introduced keep their looks."""
    people = dict.fromkeys((*introduced(cut.current), *introduced(cut.next)))
    decided = CAMERA_DECIDED_IN_RELATION if subject_alone else CAMERA_IN_RELATION
    telling = replace(
        drawn_telling(chance),
        known=frozenset(introduced(cut.current) if names_alone else ()),
        scene=tuple(people) if chance.random() < IMPLIED else None,
        camera_in_relation=chance.random() < decided,
    )
    repeated = telling.scene is not None and chance.random() < REPEATED
    related = replace(telling, known=frozenset()) if repeated else telling
    individual = subject_prompt if subject_alone else individual_prompt
    return ToldCut(
        relational_prompt(film_set, cut.patterns, cut.next, chance, related),
        individual(film_set, cut.next, chance, telling),
    )


def current_prompt(film_set: FilmSet, setup: Setup, chance: Random) -> IndividualPrompt:
    """What the current shot shows, as whoever wrote it down has it: now and then wrong, or not."""
    if chance.random() < UNTOLD:
        return IndividualPrompt(summary="The shot")
    if chance.random() < MISTAKEN:
        film_set, setup = mistaken(film_set, setup, chance)
    telling = drawn_telling(chance)
    if setup.framing == "over the shoulder":  # of somebody whom the summary has to introduce
        telling = replace(telling, camera_in_attributes=False)
    return individual_prompt(film_set, setup, chance, telling)


def drawn_telling(chance: Random) -> Telling:
    """What of a shot is told, and how."""
    in_attributes = chance.random() < 0.3
    summary_alone = chance.random() < SUMMARY_ALONE
    return Telling(
        camera_in_attributes=in_attributes and not summary_alone,
        view=chance.random() < 0.2,
        lens=chance.random() < 0.15,
        place=chance.random() < 0.8,
        description=not summary_alone and chance.random() > DROPPED,
        attributes=not summary_alone and (in_attributes or chance.random() > DROPPED),
    )


def mistaken(film_set: FilmSet, setup: Setup, chance: Random) -> tuple[FilmSet, Setup]:
    """A set and a setup as somebody may take them for: a wrong look, background or angle."""
    people = introduced(setup)
    wrong = chance.choice(("look", "background", "angle") if people else ("background", "angle"))
    if wrong == "angle":
        return film_set, replace(
            setup, angle=_another(("low", "eye level", "high"), setup.angle, chance)
        )
    if wrong == "background":
        behind = film_set.place.behind
        words = _another(tuple(behind.values()), behind[setup.side], chance)
        return replace(
            film_set, place=replace(film_set.place, behind=behind | {setup.side: words})
        ), setup
    who = OWNERS.index(chance.choice(people))
    cast = list(film_set.cast)
    cast[who] = replace(cast[who], look=_misread(cast[who].look, chance))
    return replace(film_set, cast=tuple(cast)), setup


def _misread(look: Look, chance: Random) -> Look:
    choices = {"hair": tuple(HAIR), "top_color": tuple(CLOTHES), "face": FACES}
    part = chance.choice(tuple(choices))
    return replace(look, **{part: _another(choices[part], getattr(look, part), chance)})


def _another(choices: Sequence[str], than: str, chance: Random) -> str:
    return chance.choice([choice for choice in choices if choice != than])
