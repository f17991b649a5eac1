"""Bootstrap intervals: how far a mean may be off because only so many cuts were judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95
_SEED = 0

Numbers = NDArray[np.float64]


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
    low, high = interval(sample[drawn].mean(axis=1))
    return Mean(mean=float(sample.mean()), low=low, high=high, count=len(sample))


def mean_of_cases(values: Mapping[str, Sequence[float]]) -> Mean | None:
    """As `mean_of`, where a case may have several values, or none: it counts once, as their mean.

    `count` is of the cases that have any.
    """
    return mean_of(list(case_means(values).values()))


def case_means(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """One number a case: the mean of its values; cases without any are left out."""
    return {case: sum(found) / len(found) for case, found in values.items() if found}


def interval(drawn: Numbers) -> tuple[float, float]:
    """What holds the middle of a figure that was computed of many resamples, NaN left out."""
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def times_drawn(count: int) -> Numbers:
    """How often each of some clusters is in each resample [resamples, count]: their weights."""
    even = np.full(count, 1 / count)
    return np.random.default_rng(_SEED).multinomial(count, even, RESAMPLES).astype(np.float64)
