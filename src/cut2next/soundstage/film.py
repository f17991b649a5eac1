"""The film shot on a set: every cut an editor could make between its setups."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from PIL import Image

from cut2next.film import Cut, EditingPattern, Shot
from cut2next.soundstage.camera import Setup, patterns
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.truth import Truth, truth_of
from cut2next.soundstage.wording import individual_prompt, relational_prompt


@dataclass(frozen=True, kw_only=True, eq=False)
class FilmedCut:
    """A cut, and what is true of its two shots."""

    cut: Cut
    current: Truth
    next: Truth


def possible_cuts(film_set: FilmSet) -> Iterator[tuple[Setup, Setup, frozenset[EditingPattern]]]:
    """Every ordered pair of setups that an editing pattern joins."""
    for current in film_set.setups:
        for following in film_set.setups:
            joined = frozenset() if current is following else patterns(current, following)
            if joined:
                yield current, following, joined


def draw_cut(film_set: FilmSet, chance: Random) -> tuple[Setup, Setup, frozenset[EditingPattern]]:
    """One cut of a set, every editing pattern as likely as the others."""
    cuts = list(possible_cuts(film_set))
    wanted = chance.choice(list(EditingPattern))
    return chance.choice([cut for cut in cuts if wanted in cut[2]])


def shoot_cut(
    film_set: FilmSet,
    current: Setup,
    following: Setup,
    chance: Random,
    size: tuple[int, int],
    samples: int = 3,
) -> Cut:
    """The cut between two setups, with keyframes of `size` (width, height) and worded prompts."""
    return film_cut(film_set, current, following, chance, size, samples).cut


def film_cut(
    film_set: FilmSet,
    current: Setup,
    following: Setup,
    chance: Random,
    size: tuple[int, int],
    samples: int = 3,
) -> FilmedCut:
    """What `shoot_cut` gives, and the truth of both shots.

    A pixel is the mean of `samples` × `samples` rays.
    """
    joined = patterns(current, following)
    (one, one_truth), (other, other_truth) = (
        _shot(film_set, setup, chance, size, samples) for setup in (current, following)
    )
    cut = Cut(
        film=f"soundstage-{film_set.seed}",
        current=one,
        next=other,
        patterns=joined,
        relational=relational_prompt(film_set, joined, following, chance),
    )
    return FilmedCut(cut=cut, current=one_truth, next=other_truth)


def _shot(
    film_set: FilmSet, setup: Setup, chance: Random, size: tuple[int, int], samples: int
) -> tuple[Shot, Truth]:
    light, object_ids = film_set.light(setup, size, samples)
    shot = Shot(
        name=setup.name.replace(" ", "_"),
        keyframe=Image.fromarray(film_set.develop(light)),
        prompt=individual_prompt(film_set, setup, chance),
    )
    return shot, truth_of(film_set, setup, object_ids)
