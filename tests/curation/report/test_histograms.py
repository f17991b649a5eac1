"""A histogram counts every value, and what a threshold leaves out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.curation.report.histograms import WIDTH, histogram, histograms
from cut2next.cuts.selection import Limit


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(-1e6, 1e6))
def test_a_histogram_counts_every_value(values: list[float], least: float) -> None:
    told = histogram("score", np.array(values), Limit(score="motion", least=least))
    counted = sum(int(bar.text.rpartition(": ")[2]) for bar in told.bars)
    assert counted + told.beyond == len(values)
    assert all(0 <= bar.x <= bar.x + bar.width <= WIDTH + 1e-6 for bar in told.bars)
    (threshold,) = told.thresholds
    assert threshold.out == sum(value < least for value in values)
    assert 0 <= threshold.from_x <= threshold.to_x <= WIDTH


def test_scores_with_thresholds_come_first_and_nothing_is_no_histogram() -> None:
    limits = [Limit(score="motion", most=3.0), Limit(score="text")]
    scores = {"another": [1.0], "text": [1.0], "motion": [2.0, 4.0], "empty": [float("nan")]}
    drawn = list(histograms(scores, limits))
    assert [one.name for one in drawn] == ["motion", "text", "another"]
    assert drawn[0].thresholds[0].out == 1


@pytest.mark.parametrize(
    "values", [[1e300, -1e300], [1e300] * 2, [1e17, 1e17 + 16], [0.0, 1e-322], [-1e300, 0.0, 1e-9]]
)
def test_numbers_of_any_size_are_drawn(values: list[float]) -> None:
    told = histogram("score", np.array(values), None)
    assert sum(int(bar.text.rpartition(": ")[2]) for bar in told.bars) + told.beyond == len(values)
