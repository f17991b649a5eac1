import numpy as np
import pytest
from scipy.stats import bootstrap, permutation_test

from cut2next.cutbench.statistics.paired import difference_of, sign_flip


def made(count: int, by: float, seed: int = 0) -> tuple[dict[str, float], dict[str, float]]:
    """Two makers, the first better by so much; cases differ far more than makers do."""
    draw = np.random.default_rng(seed)
    cases = draw.normal(scale=10, size=count)
    first = cases + by + draw.normal(size=count)
    second = cases + draw.normal(size=count)
    names = [f"case-{number}" for number in range(count)]
    return dict(zip(names, first, strict=True)), dict(zip(names, second, strict=True))


@pytest.mark.parametrize(("count", "tolerance"), [(7, 1e-12), (12, 1e-12), (40, 0.02)])
def test_a_p_value_is_that_of_scipy(count: int, tolerance: float) -> None:
    first, second = (np.array(list(one.values())) for one in made(count, 0.4))
    theirs = permutation_test(
        (first, second),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        n_resamples=9999 if count > 13 else np.inf,
        vectorized=True,
        rng=1,
    )
    assert sign_flip(first - second) == pytest.approx(theirs.pvalue, abs=tolerance)


def test_a_difference_has_the_interval_of_scipy() -> None:
    first, second = made(80, 0.5)
    found = difference_of(first, second)
    apart = np.array(list(first.values())) - list(second.values())
    theirs = bootstrap((apart,), np.mean, n_resamples=9999, method="percentile", rng=2)
    assert found is not None
    assert found.mean == pytest.approx(apart.mean())
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.03)


def test_what_cases_share_is_taken_out() -> None:
    found = difference_of(*made(100, 1.0))
    assert found is not None
    assert found.low > 0.5, "cases scatter by 10, makers by 1"
    assert found.p < 0.001


def test_equal_makers_are_found_apart_one_time_in_twenty() -> None:
    p_values = [sign_flip(np.random.default_rng(seed).normal(size=10)) for seed in range(400)]
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.025)


def test_makers_that_made_the_same_are_not_apart() -> None:
    first, _ = made(30, 0)
    found = difference_of(first, first)
    assert found is not None
    assert (found.mean, found.p) == (0, 1)


def test_only_cases_of_both_count_whatever_their_order() -> None:
    first = {"a": 1.0, "b": 3.0, "only": 100.0}
    found = difference_of(first, {"other": -100.0, "b": 1.0, "a": 0.0})
    assert found is not None
    assert (found.mean, found.count) == (1.5, 2)
    assert found == difference_of({"b": 3.0, "a": 1.0}, {"a": 0.0, "b": 1.0})
    assert difference_of({"a": 1.0}, {"b": 1.0}) is None
