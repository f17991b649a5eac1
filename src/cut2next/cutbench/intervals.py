"""Bootstrap intervals: how far a mean may be off because only so many cuts were judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95
_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean over cuts, and the interval that holds it."""

    mean: float
    low: float
    high: float
    count: int
    """Cuts that it is a mean of."""


def mean_of(values: Sequence[float]) -> Mean | None:
    """The mean of some cuts' values, with its percentile bootstrap interval; None for no cuts.

    Cuts are drawn again with replacement, from the same seed at each call.
    """
    if not values:
        return None
    sample = np.asarray(values, np.float64)  # [cuts]
    drawn = np.random.default_rng(_SEED).integers(len(sample), size=(RESAMPLES, len(sample)))
    means = sample[drawn].mean(axis=1)  # [resamples]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Mean(mean=float(sample.mean()), low=float(low), high=float(high), count=len(sample))
