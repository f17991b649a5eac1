"""Held-out cases for tests: small pictures, and each case shot and judged once."""

from dataclasses import replace
from functools import cache

from PIL import Image
from tests.soundstage.sets import setup_of

from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.soundstage.judge import Findings, Judge
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.people import Look
from cut2next.soundstage.repertoire import repertoire_named

SMALL = (96, 40)
HELD_OUT = HeldOut(count=5, size=SMALL, repertoire=repertoire_named("café,park"), samples=1)


@cache
def case(number: int) -> SetCase:
    return HELD_OUT.case(number)


@cache
def case_of(name: str, number: int = 0) -> SetCase:
    """A case whose next shot is asked to be the setup of that name."""
    drawn = case(number)
    setup = setup_of(drawn.film_set, name)
    following = replace(
        drawn.cut.next, name=name.replace(" ", "_"), keyframe=shot(drawn.film_set, setup)
    )
    return replace(drawn, cut=replace(drawn.cut, next=following))


def judge_of(name: str, number: int = 0) -> Judge:
    return case_of(name, number).judge


def shot(film_set: FilmSet, setup: Setup) -> Image.Image:
    return Image.fromarray(film_set.picture(setup, SMALL, 1))


def recoloured(film_set: FilmSet, who: str = "ab") -> FilmSet:
    """The set on which these leads have hair, skin and top in each other's colours."""
    first, second, *more = film_set.cast
    leads = [
        replace(person, look=_in_colours_of(person.look, other.look)) if owner in who else person
        for owner, person, other in (("a", first, second), ("b", second, first))
    ]
    return replace(film_set, cast=(*leads, *more))


def _in_colours_of(look: Look, other: Look) -> Look:
    return replace(look, hair=other.hair, skin=other.skin, top_color=other.top_color)


def wrong(findings: Findings) -> set[str]:
    """The regions that are wrong."""
    return {part for part, right in findings.looks.items() if not right}
