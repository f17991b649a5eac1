import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.cutbench.intervals import estimate


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40))
def test_an_interval_is_within_the_values(values: list[float]) -> None:
    found = estimate(values)
    assert found is not None
    assert found.count == len(values)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


@given(st.integers(0, 100))
def test_an_interval_of_shares_contains_the_mean(right: int) -> None:
    found = estimate([1.0] * right + [0.0] * (100 - right))
    assert found is not None
    assert found.low <= found.mean <= found.high
    assert found.mean == pytest.approx(right / 100)


def test_an_interval_is_as_wide_as_theory_says() -> None:
    found = estimate([0.0, 1.0] * 200)
    assert found is not None
    # 1.96 standard errors of a share of one half over 400 cuts
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)


def test_the_same_values_have_the_same_interval() -> None:
    assert estimate([0.0, 1.0, 0.5]) == estimate([0.0, 1.0, 0.5])


def test_what_is_always_right_has_no_width() -> None:
    found = estimate([1.0] * 7)
    assert found is not None
    assert (found.low, found.mean, found.high) == (1, 1, 1)


def test_no_cuts_have_no_mean() -> None:
    assert estimate([]) is None
