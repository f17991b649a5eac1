import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from cut2next.cutbench.calibration import calibration, of_other_films, told_apart


def values(centre: float, seed: int, count: int = 40) -> dict[str, list[float]]:
    """Two values a case."""
    drawn = np.random.default_rng(seed).normal(centre, 1, (count, 2))
    return {f"case-{number}": list(two) for number, two in enumerate(drawn)}


def test_a_row_says_what_a_metric_says_of_true_cuts() -> None:
    truth, copy, shuffled = values(1, 0), {"a": [1.0], "b": []}, values(0, 1)
    row = calibration("dino", truth=truth, copy=copy, shuffled=shuffled)
    flat = [np.concatenate(list(one.values())) for one in (truth, shuffled)]
    assert row.same_film is not None
    assert row.truth is not None
    assert row.copy is not None
    assert row.same_film.auc == pytest.approx(mannwhitneyu(*flat).statistic / 80**2)
    assert row.same_film.low > 0.5
    assert row.truth.mean == pytest.approx(flat[0].mean())
    assert (row.copy.mean, row.copy.count) == (1, 1)


def test_what_says_nothing_has_an_empty_row() -> None:
    row = calibration("people", truth={"a": []}, copy={}, shuffled={"a": []})
    assert (row.same_film, row.truth, row.copy, row.shuffled) == (None, None, None, None)


def test_kinds_are_told_apart_whatever_the_order_of_cases() -> None:
    first, second = values(0.5, 2), values(0, 3, 25)
    turned = dict(reversed(first.items()))
    assert told_apart(first, second) == told_apart(turned, second)
    assert told_apart(first, {}) is None


@given(st.lists(st.sampled_from("abcdef"), max_size=30))
def test_every_case_gets_one_of_another_film_and_each_is_taken_once(films: list[str]) -> None:
    others = of_other_films(films)
    if others is None:
        assert not films or max(films.count(film) for film in films) * 2 > len(films)
    else:
        assert sorted(others) == list(range(len(films)))
        assert all(films[case] != films[other] for case, other in enumerate(others))
