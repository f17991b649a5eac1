import numpy as np
import pytest

from cut2next.cutbench.statistics.agreement import krippendorff_alpha

_OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 * * *",
    "1 2 3 3 2 2 4 1 2 5 * 3",
    "* 3 3 3 2 3 4 2 2 5 1 *",
    "1 2 3 3 2 4 4 1 2 5 1 *",
)
"""Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), part C: his nominal .743."""


def units(observers: tuple[str, ...]) -> list[list[str]]:
    """What each unit was called, by whoever named it."""
    columns = zip(*(row.split() for row in observers), strict=True)
    return [[answer for answer in column if answer != "*"] for column in columns]


def test_alpha_is_krippendorffs_own() -> None:
    found = krippendorff_alpha(units(_OBSERVERS))
    assert found is not None
    assert found.alpha == pytest.approx(0.743, abs=0.0005)
    assert found.units == 11, "one unit was named once"
    assert found.low < found.alpha < found.high


def test_alpha_of_two_observers_is_krippendorffs_own() -> None:
    # The same paper, part A: two observers, ten units, two categories.
    pair = ("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
    found = krippendorff_alpha(units(pair))
    assert found is not None
    assert found.alpha == pytest.approx(0.095, abs=0.0005)


def test_full_agreement_is_one_and_chance_is_none() -> None:
    draw = np.random.default_rng(0)
    agreed = krippendorff_alpha([[letter] * 3 for letter in "abcab"])
    chance = krippendorff_alpha(draw.choice(["a", "b"], size=(400, 5)).tolist())
    assert agreed is not None
    assert chance is not None
    assert (agreed.alpha, agreed.low, agreed.high) == (1, 1, 1)
    assert chance.alpha == pytest.approx(0, abs=0.03)
    assert chance.low < 0 < chance.high


def test_where_nobody_could_disagree_there_is_no_alpha() -> None:
    assert krippendorff_alpha([["a"], ["b"]]) is None
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]) is None
    assert krippendorff_alpha([]) is None
