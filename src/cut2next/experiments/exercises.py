"""What exams are made of: cases of a set, and what pictures of them say, measure by measure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import NamedTuple

from PIL import Image

from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.cutbench.soundstage.probes import PROBES
from cut2next.experiments.cross_talk import (
    AlteredCase,
    altered_cases,
    leak,
    obedience,
    swap_cases,
    swap_rate,
)
from cut2next.experiments.extremes import ExtremeCase, extreme_cases, is_extreme

BY_CHANCE = "by chance, "
"""Before a measure: what whoever does not read that is asked about would reach."""
_SHOWN = ("camera", "look", "psnr", "static cut")


class Said(NamedTuple):
    """What a picture says of a case."""

    measure: str
    value: float | None
    """None for nothing."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One kind of case."""

    cases: Callable[[HeldOut, int], Sequence[SetCase]]
    """Those of a set, by its number ..."""
    said: Callable[[Sequence[SetCase], Sequence[Image.Image]], Iterator[Said]]
    """... and what pictures of them say."""
    every: int = 1
    """It is asked of every so many sets."""
    strengths: tuple[float, ...] = (1.0,)
    """Of the relational prompt: every case is asked at each."""


def at_strength(measure: str, strength: float) -> str:
    """A measure's name where the relational prompt counts more or less than wholly."""
    return measure if strength == 1 else f"{measure} at strength {strength:g}"


def _ordinary(
    cases: Sequence[SetCase], pictures: Sequence[Image.Image], where: str = ""
) -> Iterator[Said]:
    for case, picture in zip(cases, pictures, strict=True):
        for metric in METRICS:
            if metric.name in _SHOWN:
                yield Said(metric.name + where, metric.of(case, picture))


def _in_action(held_out: HeldOut, number: int) -> Sequence[SetCase]:
    return [replace(held_out, action=True).case(number)]


def _probe(name: str) -> Exercise:
    """One of the benchmark's probes."""
    (probe,) = (probe for probe in PROBES if probe.name == name)

    def cases(held_out: HeldOut, number: int) -> Sequence[SetCase]:
        shots = held_out.shots(number)
        return probe.cases(shots, Random(f"{name} {shots.film_set.seed}"))

    def said(cases: Sequence[SetCase], pictures: Sequence[Image.Image]) -> Iterator[Said]:
        for case, picture in zip(cases, pictures, strict=True):
            yield Said(name, probe.right(case, picture))
            yield Said(BY_CHANCE + name, probe.chance(case))

    return Exercise(cases=cases, said=said, every=2)


def _swaps(held_out: HeldOut, number: int) -> Sequence[SetCase]:
    shots = held_out.shots(number)
    return swap_cases(shots, Random(f"swaps {shots.film_set.seed}"))


def _swapped(cases: Sequence[SetCase], pictures: Sequence[Image.Image]) -> Iterator[Said]:
    for case, picture in zip(cases, pictures, strict=True):
        yield Said("swapped", swap_rate(case, picture))


def _altered(held_out: HeldOut, number: int) -> Sequence[SetCase]:
    """The cut as it is told truly, then with each prompt altered."""
    shots = held_out.shots(number)
    altered = altered_cases(shots, Random(f"altered {shots.film_set.seed}"))
    return [altered[0].plain, *altered]


def _leaks(cases: Sequence[SetCase], pictures: Sequence[Image.Image]) -> Iterator[Said]:
    plain = pictures[0]
    for case, picture in zip(cases[1:], pictures[1:], strict=True):
        assert isinstance(case, AlteredCase)
        of = f"leak of the {case.prompt} prompt"
        yield Said(of, leak(case, plain, picture))
        yield Said("obedience", obedience(case, plain, picture))


def _extreme(held_out: HeldOut, number: int) -> Sequence[SetCase]:
    shots = held_out.shots(number)
    return extreme_cases(shots, Random(f"extremes {shots.film_set.seed}"))


def _asked_for(cases: Sequence[SetCase], pictures: Sequence[Image.Image]) -> Iterator[Said]:
    """Of every kind, and of all of a set together."""
    found = []
    for case, picture in zip(cases, pictures, strict=True):
        assert isinstance(case, ExtremeCase)
        found.append(is_extreme(case, picture))
        yield Said(case.extreme.kind, found[-1])
    yield Said(EXTREMES, sum(found) / len(found))


USUAL, CROSS_TALK = "usual", "cross-talk"
ACTION, EXTREMES, STRENGTHS = "action", "extremes", "strengths"
OTHER_STRENGTHS = (0.0, 0.5, 1.5, 2.0)
_ORDINARY = Exercise(cases=lambda held_out, number: [held_out.case(number)], said=_ordinary)
_ADHERENCE = _probe("pattern adherence")
_ALTERED = Exercise(cases=_altered, said=_leaks, every=4)
EXAMS: Mapping[str, tuple[Exercise, ...]] = {
    USUAL: (_ORDINARY, _ADHERENCE),
    CROSS_TALK: (Exercise(cases=_swaps, said=_swapped, every=4), _ALTERED),
    ACTION: (Exercise(cases=_in_action, said=partial(_ordinary, where=" in action"), every=4),),
    STRENGTHS: (
        replace(_ORDINARY, strengths=OTHER_STRENGTHS, every=5),
        # As many sets, of those that were asked at the usual strength.
        replace(_ADHERENCE, strengths=OTHER_STRENGTHS, every=5),
        replace(_ALTERED, strengths=OTHER_STRENGTHS, every=8),
    ),
    EXTREMES: (Exercise(cases=_extreme, said=_asked_for, every=4),),
}
