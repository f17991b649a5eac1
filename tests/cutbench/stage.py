"""Held-out cases for tests: small pictures, and each case shot and judged once."""

from dataclasses import replace
from functools import cache

from PIL import Image
from tests.soundstage.sets import setup_of

from cut2next.cutbench.cases import Case, HeldOut
from cut2next.cutbench.judge import Judge, Verdict
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.repertoire import repertoire_named

SMALL = (96, 40)
HELD_OUT = HeldOut(count=5, size=SMALL, repertoire=repertoire_named("café,park"), samples=1)


@cache
def case(number: int) -> Case:
    return HELD_OUT.case(number)


@cache
def judge(number: int) -> Judge:
    return Judge(case(number))


@cache
def judge_of(name: str, number: int = 0) -> Judge:
    """The judge of a case whose next shot is asked to be the setup of that name."""
    given = case(number)
    setup = setup_of(given.film_set, name)
    following = replace(
        given.cut.next, name=name.replace(" ", "_"), keyframe=shot(given.film_set, setup)
    )
    return Judge(replace(given, cut=replace(given.cut, next=following)))


def shot(film_set: FilmSet, setup: Setup) -> Image.Image:
    return film_set.shoot(setup, SMALL, 1)


def wrong(verdict: Verdict) -> set[str]:
    """The regions that were found wrong."""
    return {part for part, right in verdict.looks.items() if not right}
