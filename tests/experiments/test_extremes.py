"""A next shot is right where it is the extreme one, and wrong where it is what editors do."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest
from PIL import Image

from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.experiments.exercises import EXAMS, EXTREMES
from cut2next.experiments.extremes import ExtremeCase, extreme_cases, is_extreme
from cut2next.experiments.laboratory import PART
from cut2next.soundstage.extremes import KINDS

HELD_OUT = HeldOut(count=5, size=(96, 40), repertoire=PART, samples=1)
NUMBERS = pytest.mark.parametrize("number", range(4))


@cache
def cases(number: int) -> Sequence[ExtremeCase]:
    return extreme_cases(HELD_OUT.shots(number), Random(number))


def ordinary(case: ExtremeCase) -> Image.Image:
    return Image.fromarray(case.film_set.picture(case.extreme.ordinary, HELD_OUT.size, 1))


def true(case: ExtremeCase) -> Image.Image:
    return case.cut.next.keyframe


@NUMBERS
def test_of_every_kind_the_extreme_picture_is_right_and_others_are_wrong(number: int) -> None:
    assert [case.extreme.kind for case in cases(number)] == [*KINDS]
    for case in cases(number):
        assert is_extreme(case, true(case)), case.extreme.kind
        assert not is_extreme(case, ordinary(case)), case.extreme.kind
        assert not is_extreme(case, case.cut.current.keyframe), case.extreme.kind


@NUMBERS
def test_what_is_a_little_off_is_still_right(number: int) -> None:
    chance = np.random.default_rng(number)
    for case in cases(number):
        picture = np.asarray(true(case)).astype(float)
        noisy = np.clip(picture + chance.normal(0, 12, picture.shape), 0, 255)
        assert is_extreme(case, Image.fromarray(noisy.astype(np.uint8))), case.extreme.kind


@NUMBERS
def test_pictures_are_those_of_the_prompts(number: int) -> None:
    for case in cases(number):
        extreme = case.extreme
        told = case.cut.relational.text
        assert KINDS[extreme.kind].words.split("{}")[0] in told
        current = extreme.film_set.picture(extreme.current, HELD_OUT.size, 1)
        assert np.array_equal(np.asarray(case.cut.current.keyframe), current)
    assert len({case.cut.name for case in cases(number)}) == len(KINDS)


def test_an_exam_tells_of_every_kind_and_of_all_together() -> None:
    (exercise,) = EXAMS[EXTREMES]
    asked = exercise.cases(HELD_OUT, 0)
    made = [
        true(case) if number < 3 else ordinary(case)
        for number, case in enumerate(asked)
        if isinstance(case, ExtremeCase)
    ]
    said = {each.measure: each.value for each in exercise.said(asked, made)}
    assert [*said] == [*KINDS, EXTREMES]
    assert [said[kind] for kind in KINDS] == [1, 1, 1, 0, 0, 0, 0]
    assert said[EXTREMES] == pytest.approx(3 / 7)


def test_what_is_asked_is_the_same_at_any_size() -> None:
    (exercise,) = EXAMS[EXTREMES]
    told = [
        [
            (case.cut.name, case.cut.prompt)
            for case in exercise.cases(replace(HELD_OUT, size=size), 1)
        ]
        for size in (HELD_OUT.size, (48, 20))
    ]
    assert told[0] == told[1]
