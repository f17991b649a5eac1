"""Differences of two variants: of constructed values, whose answers arithmetic gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.experiments.comparing import apart

Values = dict[str, float]


def run(shift: float, noise: float = 0.0, seed: int = 0, cases: int = 200) -> Values:
    """A run whose cases lie about `shift`."""
    drawn = np.random.default_rng(seed).normal(shift, noise or 1e-12, cases)
    return {f"{number:03d}": float(value) for number, value in enumerate(drawn)}


def test_a_difference_that_every_case_and_seed_has_is_that_difference() -> None:
    found = apart([run(1.5), run(1.5), run(1.5)], [run(1.0), run(1.0), run(1.0)])
    assert (found.low, found.mean, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert found.is_shown
    assert found.p < 0.001


def test_no_difference_is_not_shown() -> None:
    first = [run(0.0, 1.0, seed) for seed in (1, 2, 3)]
    second = [run(0.0, 1.0, seed) for seed in (4, 5, 6)]
    found = apart(first, second)
    assert found.low < 0 < found.high
    assert not found.is_shown


def test_what_one_seed_contradicts_is_not_shown_however_sure_the_cases_are() -> None:
    found = apart([run(2.0), run(2.0), run(-0.1)], [run(0.0)] * 3)
    assert found.p < 0.001
    assert not found.is_shown


def test_seeds_that_disagree_widen_the_interval() -> None:
    """With as much from cases, the interval of equal seeds is the narrower."""
    other = [run(0.0)] * 3
    same = apart([run(1.0, 0.5, 1)] * 3, other)
    unlike = apart([run(shift, 0.5, 1) for shift in (0.5, 1.0, 1.5)], other)
    assert unlike.mean == pytest.approx(same.mean)
    assert unlike.high - unlike.low > 3 * (same.high - same.low)


def test_only_cases_that_all_runs_have_count() -> None:
    first, second = {"a": 3.0, "b": 100.0}, {"a": 1.0, "c": -100.0}
    found = apart([first], [second])
    assert (found.mean, found.cases) == (2.0, 1)


def test_no_shared_case_is_refused() -> None:
    with pytest.raises(ValueError, match="no case"):
        apart([{"a": 1.0}], [{"b": 1.0}])


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8), st.integers(1, 3))
def test_the_other_way_round_it_is_the_opposite(values: list[float], seeds: int) -> None:
    first = [{str(n): v + s for n, v in enumerate(values)} for s in range(seeds)]
    second = [{str(n): v * v for n, v in enumerate(values)} for _ in range(seeds)]
    there, back = apart(first, second), apart(second, first)
    assert back.mean == pytest.approx(-there.mean)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
