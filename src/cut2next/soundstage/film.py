"""The film shot on a set: every cut an editor could make between its setups."""

from collections.abc import Iterator
from random import Random

from cut2next.film import Cut, EditingPattern, Shot
from cut2next.soundstage.camera import Setup, patterns
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.wording import individual_prompt, relational_prompt


def possible_cuts(film_set: FilmSet) -> Iterator[tuple[Setup, Setup, frozenset[EditingPattern]]]:
    """Every ordered pair of setups that an editing pattern joins."""
    for current in film_set.setups:
        for following in film_set.setups:
            joined = frozenset() if current is following else patterns(current, following)
            if joined:
                yield current, following, joined


def shoot_cut(
    film_set: FilmSet,
    current: Setup,
    following: Setup,
    chance: Random,
    size: tuple[int, int],
    samples: int = 3,
) -> Cut:
    """The cut between two setups, with keyframes of `size` (width, height) and worded prompts."""
    joined = patterns(current, following)
    one, other = (
        Shot(
            name=setup.name.replace(" ", "_"),
            keyframe=film_set.shoot(setup, size, samples),
            prompt=individual_prompt(film_set, setup, chance),
        )
        for setup in (current, following)
    )
    return Cut(
        film=f"soundstage-{film_set.seed}",
        current=one,
        next=other,
        patterns=joined,
        relational=relational_prompt(film_set, joined, following, chance),
    )


def draw_cut(
    film_set: FilmSet, chance: Random
) -> tuple[Setup, Setup, frozenset[EditingPattern]]:
    """One cut of a set, every editing pattern as likely as the others."""
    cuts = list(possible_cuts(film_set))
    wanted = chance.choice(list(EditingPattern))
    return chance.choice([cut for cut in cuts if wanted in cut[2]])
