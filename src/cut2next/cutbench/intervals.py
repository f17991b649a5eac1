"""Bootstrap intervals: how far a mean may be off because only so many cuts were judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95
_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over cuts, and the interval that holds it."""

    mean: float
    low: float
    high: float
    count: int
    """Cuts that it is a mean of."""


def estimate(values: Sequence[float]) -> Estimate | None:
    """The mean of some cuts' values, with its percentile bootstrap interval; None for no cuts.

    Cuts are drawn again with replacement, from the same seed at each call.
    """
    if not values:
        return None
    given = np.asarray(values, np.float64)
    drawn = np.random.default_rng(_SEED).integers(len(given), size=(RESAMPLES, len(given)))
    means = given[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(mean=float(given.mean()), low=float(low), high=float(high), count=len(given))
