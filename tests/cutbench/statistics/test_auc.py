import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from cut2next.cutbench.statistics.auc import Auc, auc_of
from cut2next.film import InputError


def told(values: list[float], first: list[bool], clusters: list[str] | None = None) -> Auc:
    found = auc_of(values, first, clusters)
    assert found is not None
    return found


@pytest.mark.parametrize("digits", [0, 1, 6], ids=["many equal", "some equal", "none equal"])
def test_an_area_is_mann_and_whitneys(digits: int) -> None:
    draw = np.random.default_rng(digits)
    first = np.round(draw.normal(0.7, 1, 50), digits)
    second = np.round(draw.normal(0, 1, 70), digits)
    theirs = mannwhitneyu(first, second).statistic / (50 * 70)
    found = told([*first, *second], [True] * 50 + [False] * 70)
    assert found.auc == pytest.approx(theirs)
    assert (found.first, found.second) == (50, 70)


def test_an_interval_is_as_wide_as_theory_says() -> None:
    draw = np.random.default_rng(5)
    values = [*draw.normal(1, 1, 300), *draw.normal(0, 1, 300)]
    found = told(values, [True] * 300 + [False] * 300)
    area = norm.cdf(1 / 2**0.5)
    # Hanley and McNeil (1982), equation 2
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + 299 * (q1 - area**2) + 299 * (q2 - area**2)
    error = (spread / 300**2) ** 0.5
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.15)
    assert found.low < area < found.high


def test_several_values_of_a_case_are_one_cluster() -> None:
    draw = np.random.default_rng(6)
    values, first = list(draw.normal(size=40)), [True, False] * 20
    names = [f"{number}" for number in range(40)]
    alone = told(values, first, names)
    repeated = told(values * 9, first * 9, names * 9)
    assert (repeated.auc, repeated.low, repeated.high) == pytest.approx(
        (alone.auc, alone.low, alone.high)
    )
    assert told(values * 9, first * 9).high < alone.high


def test_what_always_tells_has_no_width() -> None:
    found = told([3.0, 4.0, 1.0, 2.0], [True, True, False, False])
    assert (found.auc, found.low, found.high) == (1, 1, 1)


def test_one_kind_alone_has_no_area() -> None:
    assert auc_of([1.0, 2.0], [True, True]) is None
    assert auc_of([], []) is None


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="no number"):
        auc_of([1.0, float("nan")], [True, False])
