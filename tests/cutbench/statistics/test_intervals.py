import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from cut2next.cutbench.statistics.intervals import mean_of, mean_of_cases


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40))
def test_an_interval_is_within_the_values(values: list[float]) -> None:
    mean = mean_of(values)
    assert mean is not None
    assert mean.count == len(values)
    assert min(values) - 1e-9 <= mean.low <= mean.high <= max(values) + 1e-9


@given(st.integers(0, 100))
def test_an_interval_of_shares_contains_the_mean(right: int) -> None:
    mean = mean_of([1.0] * right + [0.0] * (100 - right))
    assert mean is not None
    assert mean.low <= mean.mean <= mean.high
    assert mean.mean == pytest.approx(right / 100)


def test_an_interval_is_as_wide_as_theory_says() -> None:
    mean = mean_of([0.0, 1.0] * 200)
    assert mean is not None
    # 1.96 standard errors of a share of one half over 400 cuts
    assert mean.high - mean.low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)


def test_the_same_values_have_the_same_interval() -> None:
    assert mean_of([0.0, 1.0, 0.5]) == mean_of([0.0, 1.0, 0.5])


def test_what_is_always_right_has_no_width() -> None:
    mean = mean_of([1.0] * 7)
    assert mean is not None
    assert (mean.low, mean.mean, mean.high) == (1, 1, 1)


def test_no_cuts_have_no_mean() -> None:
    assert mean_of([]) is None


def test_an_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(1).exponential(size=60)
    mean = mean_of(list(values))
    theirs = bootstrap((values,), np.mean, n_resamples=9999, method="percentile", rng=2)
    assert mean is not None
    # A thousand resamples place an end to about a tenth of a standard error.
    within = 0.3 * float(theirs.standard_error)
    assert (mean.low, mean.high) == pytest.approx(tuple(theirs.confidence_interval), abs=within)


def test_several_pictures_of_a_case_are_one_cluster() -> None:
    values = list(np.random.default_rng(3).normal(size=50))
    once = mean_of(values)
    repeated = mean_of_cases({str(at): [value] * 8 for at, value in enumerate(values)})
    assert once is not None
    assert repeated is not None
    found = (repeated.mean, repeated.low, repeated.high)
    assert found == pytest.approx((once.mean, once.low, once.high))


def test_a_case_counts_once_however_many_pictures_it_has() -> None:
    mean = mean_of_cases({"a": [1.0, 1.0, 1.0], "b": [0.0], "c": []})
    assert mean is not None
    assert (mean.mean, mean.count) == (0.5, 2)
