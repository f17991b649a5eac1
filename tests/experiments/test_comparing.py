"""Differences of two variants: by arithmetic, by scipy's tests, and by simulation of the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from cut2next.experiments.comparing import ERROR, Apart, apart, apart_by
from cut2next.film import InputError

Numbers = NDArray[np.float64]
Values = dict[str, float]
SIMULATED = 1000


def run(shift: float, noise: float = 0.0, seed: int = 0, sets: int = 200) -> Values:
    """A run whose sets lie about `shift`."""
    drawn = np.random.default_rng(seed).normal(shift, noise or 1e-12, sets)
    return {f"{number:03d}": float(value) for number, value in enumerate(drawn)}


def between(first: list[Values], second: list[Values]) -> Apart:
    return apart(first, second, name="loss", share=False)


def half_width(found: Apart) -> float:
    return (found.high - found.low) / 2


def test_a_difference_that_every_set_and_seed_has_is_that_difference() -> None:
    found = between([run(1.5)] * 3, [run(1.0)] * 3)
    assert (found.low, found.mean, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert found.is_shown
    assert found.p < 0.001


def test_no_difference_is_not_shown_and_a_large_one_excluded() -> None:
    first = [run(0.0, 1.0, seed) for seed in (1, 2, 3)]
    second = [run(0.0, 1.0, seed) for seed in (4, 5, 6)]
    found = between(first, second)
    assert found.low < 0 < found.high
    assert not found.is_shown
    assert found.excluded == max(-found.low, found.high)
    assert found.excluded < 0.5


def test_what_one_seed_contradicts_is_not_shown_however_sure_the_sets_are() -> None:
    assert not between([run(2.0), run(2.0), run(-0.1)], [run(0.0)] * 3).is_shown


def test_seeds_that_disagree_widen_the_interval() -> None:
    other = [run(0.0)] * 3
    same = between([run(1.0, 0.5, 1)] * 3, other)
    unlike = between([run(shift, 0.5, 1) for shift in (0.5, 1.0, 1.5)], other)
    assert unlike.mean == pytest.approx(same.mean)
    assert half_width(unlike) > 3 * half_width(same)


def test_only_sets_that_all_runs_have_count() -> None:
    first, second = {"a": 3.0, "b": 100.0}, {"a": 1.0, "c": -100.0}
    found = between([first], [second])
    assert (found.mean, found.sets) == (2.0, 1)


def test_no_shared_set_is_refused() -> None:
    with pytest.raises(InputError, match="loss: no film set that all runs have"):
        between([{"a": 1.0}], [{"b": 1.0}])


def test_of_one_seed_the_interval_is_over_sets_and_nothing_is_claimed() -> None:
    sets = np.random.default_rng(0).normal(1, 1, (1, 30))
    theirs, found = ttest_1samp(sets[0], 0), apart_by(sets, share=False)
    interval = theirs.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.p < ERROR
    assert not found.is_shown
    assert found.excluded is None


def test_where_seeds_alone_differ_the_test_is_that_of_their_means() -> None:
    seeds = np.array([1.0, 2.0, 2.5])
    theirs, found = ttest_1samp(seeds, 0), apart_by(np.tile(seeds[:, None], 40), share=False)
    interval = theirs.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.p == pytest.approx(theirs.pvalue)


def test_one_set_of_one_seed_says_nothing() -> None:
    found = apart_by(np.array([[0.5]]), share=False)
    assert (found.low, found.high, found.p) == (-np.inf, np.inf, 1.0)
    of_share = apart_by(np.array([[0.5]]), share=True)
    assert (of_share.low, of_share.high) == (-1, 1)
    assert not found.is_shown


def test_what_is_no_number_is_not_shown() -> None:
    found = apart_by(np.array([[0.5, np.nan], [1.0, 1.0]]), share=False)
    assert not found.is_shown
    assert found.excluded is None


def test_a_share_that_no_set_differs_in_may_differ_in_some_that_were_not_asked() -> None:
    """Were so many of all sets unlike, it would seldom be that none is among 500."""
    found = apart_by(np.zeros((3, 500)), share=True)
    assert found.excluded is not None
    assert found.excluded < 0.01
    assert (1 - found.excluded) ** 500 < ERROR / 2
    assert apart_by(np.zeros((3, 500)), share=False).excluded == 0


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8), st.integers(1, 3))
def test_the_other_way_round_it_is_the_opposite(values: list[float], seeds: int) -> None:
    first = [{str(n): v + s for n, v in enumerate(values)} for s in range(seeds)]
    second = [{str(n): v * v for n, v in enumerate(values)} for _ in range(seeds)]
    there, back = between(first, second), between(second, first)
    assert back.mean == pytest.approx(-there.mean)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


@given(
    arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-1, 1)),
    st.booleans(),
)
def test_p_is_under_the_level_where_zero_is_outside(differences: Numbers, share: bool) -> None:
    found = apart_by(differences, share=share)
    outside = max(found.low, -found.high)
    if abs(outside) > 1e-9:
        assert (found.p < ERROR) == (outside > 0)


@given(arrays(np.float64, (3, 5), elements=st.floats(-1, 1)))
def test_an_interval_is_no_narrower_than_that_of_seeds_or_of_sets_alone(
    differences: Numbers,
) -> None:
    of_both = half_width(apart_by(differences, share=False))
    of_seeds = half_width(apart_by(differences.mean(axis=1)[:, None], share=False))
    of_sets = half_width(apart_by(differences.mean(axis=0)[None], share=False))
    assert of_both >= max(of_seeds, of_sets) * (1 - 1e-9) - 1e-9


# What is true is known where it is simulated.


def simulated(of_seeds: float, of_sets: float, sets: int) -> list[Apart]:
    """Experiments of three seeds, the truth zero; deviations beside that of a cell, 1."""
    chance = np.random.default_rng(0)
    found = []
    for _ in range(SIMULATED):
        differences = chance.normal(size=(3, sets))
        differences += of_seeds * chance.normal(size=(3, 1)) + of_sets * chance.normal(size=sets)
        found.append(apart_by(differences, share=False))
    return found


@pytest.mark.parametrize("sets", [50, 500])
@pytest.mark.parametrize("of_sets", [0.0, 3.0])
@pytest.mark.parametrize("of_seeds", [0.0, 0.1, 0.3, 1.0])
def test_the_interval_holds_the_truth_and_chance_alone_shows_little(
    of_seeds: float, of_sets: float, sets: int
) -> None:
    found = simulated(of_seeds, of_sets, sets)
    assert np.mean([each.low <= 0 <= each.high for each in found]) >= 0.93
    assert np.mean([each.is_shown for each in found]) <= 0.07


@pytest.mark.parametrize("sets", [50, 500])
@pytest.mark.parametrize("of_sets", [0.0, 1.0])
def test_where_seeds_are_alike_the_interval_is_no_wider_than_it_need_be(
    of_sets: float, sets: int
) -> None:
    known = 1.96 * np.sqrt((of_sets**2 + 1 / 3) / sets)
    median = np.median([half_width(each) for each in simulated(0.0, of_sets, sets)])
    assert known * 0.95 < median < 2 * known


@pytest.mark.parametrize("sets", [50, 500])
@pytest.mark.parametrize(("first", "second"), [(0.001, 0.01), (0.5, 0.7), (0.9, 0.999)])
@pytest.mark.parametrize("of_seeds", [0.0, 0.5])
def test_the_interval_of_shares_holds_the_truth(
    first: float, second: float, of_seeds: float, sets: int
) -> None:
    """Sets are right or wrong, and likelier so by the seed; the truth is the mean of very many."""
    chance = np.random.default_rng(0)
    odds = [np.log(share / (1 - share)) for share in (first, second)]

    def likely(of_variant: float, count: int) -> Numbers:
        drawn: Numbers = 1 / (1 + np.exp(-of_variant - of_seeds * chance.normal(size=(count, 1))))
        return drawn

    true = np.subtract(*(likely(each, 100_000).mean() for each in odds))
    held = []
    for _ in range(SIMULATED):
        right = (chance.random((3, sets)) < likely(each, 3) for each in odds)
        found = apart_by(np.subtract(*(each.astype(float) for each in right)), share=True)
        held.append(found.low <= true <= found.high)
    assert np.mean(held) >= 0.93
