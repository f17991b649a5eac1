"""How well a number tells two kinds apart: the area under the curve of hits and false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cut2next.cutbench.statistics.intervals import Numbers, interval, times_drawn
from cut2next.film import InputError


@dataclass(frozen=True, kw_only=True)
class Auc:
    """The chance that one of the first kind is above one of the second; .5 tells nothing."""

    auc: float
    low: float
    high: float
    first: int
    second: int
    """How many there are of each kind."""


def auc_of(
    values: Sequence[float], is_first: Sequence[bool], clusters: Sequence[str] | None = None
) -> Auc | None:
    """The area (Hanley and McNeil, Radiology 143, 1982), equals counted half, with its interval.

    `clusters` names the case of each value: they are drawn together in the bootstrap; by default
    each is by itself. None where there are none of a kind. Raises InputError for values that are no
    numbers.
    """
    numbers, first = np.asarray(values, np.float64), np.asarray(is_first, bool)
    if not np.isfinite(numbers).all():
        raise InputError("a value that is no number", expected="finite ones", hint="leave it out")
    if first.all() or not first.any():
        return None
    names = np.arange(len(numbers)) if clusters is None else np.asarray(clusters)
    _, cluster = np.unique(names, return_inverse=True)
    weights = times_drawn(int(cluster.max()) + 1)[:, cluster]  # [resamples, values]
    low, high = interval(_areas(numbers, first, weights))
    auc = float(_areas(numbers, first, np.ones((1, len(numbers))))[0])
    return Auc(auc=auc, low=low, high=high, first=int(first.sum()), second=int((~first).sum()))


def _areas(values: Numbers, is_first: NDArray[np.bool_], weights: Numbers) -> Numbers:
    """The area for each row of weights; NaN where a row has none of a kind."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.diff(values[order], prepend=-np.inf))  # equals stand together
    first, second = (
        np.add.reduceat((weights * kind)[:, order], starts, axis=1)
        for kind in (is_first, ~is_first)
    )
    below = second.cumsum(axis=1) - second / 2
    pairs = first.sum(axis=1) * second.sum(axis=1)
    unknown = np.full(len(pairs), np.nan)
    areas: Numbers = np.divide((first * below).sum(axis=1), pairs, unknown, where=pairs > 0)
    return areas
