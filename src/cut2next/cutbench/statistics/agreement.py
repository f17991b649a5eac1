"""Krippendorff's alpha: how far raters agree beyond chance, with any of their answers missing."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from cut2next.cutbench.statistics.intervals import Numbers, interval, times_drawn


@dataclass(frozen=True, kw_only=True)
class Alpha:
    """1 is full agreement, 0 that of chance."""

    alpha: float
    low: float
    high: float
    units: int
    """What was rated, by two raters or more."""


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> Alpha | None:
    """Alpha of named categories (Content Analysis, 2004, chapter 11), units drawn again.

    `units` holds, for each thing that was rated, the answers of those who rated it. None where
    nobody could disagree: no unit has two answers, or all answers are one.
    """
    rated = [unit for unit in units if len(unit) > 1]
    categories = list(dict.fromkeys(answer for unit in rated for answer in unit))
    if len(categories) < 2:
        return None
    counts = np.array([[unit.count(name) for name in categories] for unit in rated], np.float64)
    low, high = interval(_alphas(counts, times_drawn(len(rated))))
    alpha = float(_alphas(counts, np.ones((1, len(rated))))[0])
    return Alpha(alpha=alpha, low=low, high=high, units=len(rated))


def _alphas(counts: Numbers, weights: Numbers) -> Numbers:
    """From answers by unit and category, for each row of weights of units; NaN without a choice."""
    answers = counts.sum(axis=1)
    differing = (answers**2 - (counts**2).sum(axis=1)) / (answers - 1)  # [units]
    totals = weights @ counts  # [resamples, categories]
    all_of_them = totals.sum(axis=1)
    by_chance = (all_of_them**2 - (totals**2).sum(axis=1)) / (all_of_them - 1)
    unknown = np.full(len(weights), np.nan)
    shares: Numbers = np.divide(weights @ differing, by_chance, unknown, where=by_chance > 0)
    return 1 - shares
