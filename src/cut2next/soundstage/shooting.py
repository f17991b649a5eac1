"""Shooting on a set: every cut an editor could make between its setups, and how one is shot."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from PIL import Image

from cut2next.film import Cut, EditingPattern, Shot
from cut2next.soundstage.camera import Setup, patterns_between
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.truth import Truth, truth_of
from cut2next.soundstage.wording import individual_prompt, relational_prompt


@dataclass(frozen=True, kw_only=True, eq=False)
class CutWithTruth:
    """A cut, and what is true of its two shots."""

    cut: Cut
    current: Truth
    next: Truth


class PossibleCut(NamedTuple):
    """Two setups of a set, and the editing patterns that join them."""

    current: Setup
    next: Setup
    patterns: frozenset[EditingPattern]


def possible_cuts(film_set: FilmSet) -> Iterator[PossibleCut]:
    """Every ordered pair of setups that an editing pattern joins."""
    for current in film_set.setups:
        for following in film_set.setups:
            patterns = patterns_between(current, following)
            if patterns:
                yield PossibleCut(current, following, patterns)


def draw_cut(film_set: FilmSet, chance: Random) -> PossibleCut:
    """One cut of a set, every editing pattern as likely as the others."""
    cuts = list(possible_cuts(film_set))
    wanted = chance.choice(list(EditingPattern))
    return chance.choice([cut for cut in cuts if wanted in cut.patterns])


def shoot_cut(
    film_set: FilmSet, cut: PossibleCut, chance: Random, size: tuple[int, int], samples: int = 3
) -> CutWithTruth:
    """The cut with keyframes of `size` (width, height), worded prompts and the truth of both shots.

    A pixel is the mean of `samples` × `samples` rays.
    """
    current = take(film_set, cut.current, chance, size, samples)
    following = take(film_set, cut.next, chance, size, samples)
    return cut_between(film_set, cut, current, following, chance)


def cut_between(
    film_set: FilmSet,
    cut: PossibleCut,
    current: tuple[Shot, Truth],
    following: tuple[Shot, Truth],
    chance: Random,
) -> CutWithTruth:
    """The cut between two takes."""
    (current_shot, current_truth), (next_shot, next_truth) = current, following
    shot_cut = Cut(
        film=f"soundstage-{film_set.seed}",
        current=current_shot,
        next=next_shot,
        patterns=cut.patterns,
        relational=relational_prompt(film_set, cut.patterns, cut.next, chance),
    )
    return CutWithTruth(cut=shot_cut, current=current_truth, next=next_truth)


def take(
    film_set: FilmSet, setup: Setup, chance: Random, size: tuple[int, int], samples: int = 3
) -> tuple[Shot, Truth]:
    """What a setup shows: the shot with its prompt, and what is true of it."""
    light, object_ids = film_set.light(setup, size, samples)
    shot = Shot(
        name=setup.name.replace(" ", "_"),
        keyframe=Image.fromarray(film_set.develop(light)),
        prompt=individual_prompt(film_set, setup, chance),
    )
    return shot, truth_of(film_set, setup, object_ids)
