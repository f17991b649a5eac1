import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.cutbench.intervals import mean_of


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
