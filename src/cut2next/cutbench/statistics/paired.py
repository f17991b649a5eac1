"""Two makers on the same cases: how far apart they are, and whether that may be chance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cut2next.cutbench.statistics.intervals import Numbers, mean_of

FLIPS = 9999
"""Random flips that a p-value is told from, where all of them would be more."""
_BLOCK = 1000
_SEED = 0
_EQUAL = 1e-12
"""Sums that differ by less, of the largest, are the same but for rounding."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """By how much the first of two makers is above the second."""

    mean: float
    low: float
    high: float
    p: float
    """Two-sided: how often chance alone sets two equal makers as far apart."""
    count: int
    """Cases that both have values for."""


def difference_of(first: Mapping[str, float], second: Mapping[str, float]) -> Difference | None:
    """Two makers' values by case (`intervals.case_means`), compared case by case.

    The interval is the bootstrap's over cases; p is of the sign-flip test (Fisher, The Design of
    Experiments, 1935): were the makers equal, each case's difference could as well have the other
    sign. None where they share no case.
    """
    shared = sorted(first.keys() & second.keys())  # the order of cases makes no difference
    apart = [first[case] - second[case] for case in shared]
    if (mean := mean_of(apart)) is None:
        return None
    p = sign_flip(np.asarray(apart))
    return Difference(mean=mean.mean, low=mean.low, high=mean.high, p=p, count=mean.count)


def sign_flip(apart: Numbers) -> float:
    """The two-sided p-value of differences [cases]; exact where all flips are few enough."""
    sums = _all_flips(apart) if 2 ** len(apart) <= FLIPS else _random_flips(apart)
    tolerance = _EQUAL * float(np.abs(apart).sum())
    return float(np.mean(np.abs(sums) >= abs(float(apart.sum())) - tolerance))


def _all_flips(apart: Numbers) -> Numbers:
    numbers = np.arange(2 ** len(apart))[:, None]
    return (1.0 - 2.0 * (numbers >> np.arange(len(apart)) & 1)) @ apart


def _random_flips(apart: Numbers) -> Numbers:
    """Sums of flipped differences, the unflipped among them: so p is never 0."""
    draw = np.random.default_rng(_SEED)
    sums = [np.array([apart.sum()])]
    for start in range(0, FLIPS, _BLOCK):
        size = (min(_BLOCK, FLIPS - start), len(apart))
        sums.append((1.0 - 2.0 * draw.integers(2, size=size, dtype=np.int8)) @ apart)
    return np.concatenate(sums)
