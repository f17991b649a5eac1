"""Two variants on the same film sets, from several seeds: how far apart, and more than by chance?

Seeds and sets are both a sample of many: a difference is a mean, plus what a seed adds, what a set
adds, and the rest (two-way random effects, one value each). The interval takes what seeds make
uncertain and what sets make each with its own quantile of t, as Banerjee does (Sankhyā A 23, 1961).
Satterthwaite's degrees of freedom, which make one t of both, hold too seldom for three seeds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from cut2next.cutbench.statistics.intervals import Numbers
from cut2next.film import InputError

ERROR = 0.05
"""How often chance alone may show a difference, and an interval miss the truth."""
_LEAST_P = 1e-12
"""Nobody knows so far a tail; p is told no smaller."""
_FEW = 5
"""A share that fewer sets differ in says little of the sets that were not asked."""

Values = Mapping[str, float]
"""By film set."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """By how much the first of two variants is above the second."""

    mean: float
    low: float
    high: float
    """The interval, infinite for one set of one seed; of one seed it is over sets alone."""
    by_seed: tuple[float, ...]
    p: float
    """Two-sided, under `ERROR` where the interval leaves out zero: not yet corrected for how many
    are compared."""
    sets: int
    excluded: float | None
    """More than this, in either direction, none of all that are compared together is (Bonferroni);
    None where nothing is claimed."""

    @property
    def is_shown(self) -> bool:
        """Whether it is more than chance."""
        return self.excluded is not None and self.p < ERROR


def apart(
    first: Sequence[Values], second: Sequence[Values], *, name: str, share: bool, together: int = 1
) -> Apart:
    """Two variants' values of a name, seed by seed, on the film sets that all of them have.

    `share` says that values are in 0..1; `together`, how many such differences are told in one.
    Raises InputError where no set is shared, ValueError where there are not as many seeds of the
    one as of the other.
    """
    shared = sorted(frozenset[str].intersection(*(frozenset(each) for each in (*first, *second))))
    if not shared:
        raise InputError(
            f"{name}: no film set that all runs have", expected="one", hint="judge more, by --cuts"
        )
    differences = [
        [one[film_set] - other[film_set] for film_set in shared]
        for one, other in zip(first, second, strict=True)
    ]
    return apart_by(np.array(differences), share=share, together=together)


def apart_by(differences: Numbers, *, share: bool, together: int = 1) -> Apart:
    """As `apart`, of differences [seeds, sets]."""
    mean, spread = float(differences.mean()), _spread(differences, share)
    half, most = spread.half_width(ERROR), 1.0 if share else math.inf
    # Else nothing is claimed: of one seed or one set, or where some value is no number.
    is_sampled = min(differences.shape) > 1 and math.isfinite(mean)
    excluded = min(abs(mean) + spread.half_width(ERROR / together), most)
    return Apart(
        mean=mean,
        low=max(mean - half, -most),
        high=min(mean + half, most),
        by_seed=tuple(differences.mean(axis=1).tolist()),
        p=_p(mean, spread),
        sets=differences.shape[1],
        excluded=excluded if is_sampled else None,
    )


@dataclass(frozen=True, kw_only=True)
class _Spread:
    """Variances of the mean, as if all varied by seed, by set, or cell by cell alone.

    Mean squares of the two-way layout, each over the number of cells: so that of seeds, and that of
    sets, has the rest in it.
    """

    seeds: float
    sets: float
    rest: float
    shape: tuple[int, int]

    def half_width(self, error: float) -> float:
        """Of the interval that misses the truth so often; never under that of sets alone."""
        if self.shape == (1, 1):
            return math.inf
        by_seed, by_set = (_quantile(max(1, count - 1), error) ** 2 for count in self.shape)
        both = by_seed * self.seeds + by_set * max(0.0, self.sets - self.rest)
        return math.sqrt(max(both, by_set * self.sets))


def _spread(differences: Numbers, share: bool) -> _Spread:
    """What does not vary, being one, has no variance."""
    seeds, sets = differences.shape
    of_seeds, of_sets = differences.mean(axis=1), differences.mean(axis=0)
    rest = differences - of_seeds[:, None] - of_sets + differences.mean()
    freedom = max(1, (seeds - 1) * (sets - 1))
    return _Spread(
        seeds=float(of_seeds.var(ddof=1)) / seeds if seeds > 1 else 0.0,
        sets=max(
            float(of_sets.var(ddof=1)) / sets if sets > 1 else 0.0,
            _least_variance(of_sets) if share else 0.0,
        ),
        rest=float(np.square(rest).sum()) / freedom / differences.size,
        shape=(seeds, sets),
    )


def _least_variance(of_sets: Numbers) -> float:
    """Of a share, where few sets differ from the others: as if four did so, wholly.

    Of 500 sets that all say the same, one in a hundred might still have said otherwise.
    """
    unlike = np.count_nonzero(of_sets != np.median(of_sets))
    return (_FEW - 1) / len(of_sets) ** 2 if unlike < _FEW else 0.0


def _quantile(freedom: int, error: float) -> float:
    """Of t, two-sided."""
    return -float(stdtrit(freedom, error / 2))


def _p(mean: float, spread: _Spread) -> float:
    """The error at which the interval reaches zero."""
    if mean == 0 or not math.isfinite(mean) or spread.shape == (1, 1):
        return 1.0

    def beyond(log_error: float) -> float:
        return spread.half_width(math.exp(log_error)) - abs(mean)

    least = math.log(_LEAST_P)
    return math.exp(brentq(beyond, least, 0.0)) if beyond(least) > 0 else _LEAST_P
