"""Two variants on the same cases, from several seeds: how far apart, and is that more than chance?

Seeds and cases are both drawn again with replacement, so that an interval tells what another seed
and other cases might have said. A difference is *shown* only where that interval leaves out zero
and every seed has it on the same side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cut2next.cutbench.statistics.intervals import RESAMPLES, Numbers, interval
from cut2next.cutbench.statistics.paired import sign_flip

_SEED = 0

Values = Mapping[str, float]
"""By case."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """By how much the first of two variants is above the second."""

    mean: float
    low: float
    high: float
    by_seed: tuple[float, ...]
    p: float
    """Two-sided, of sign flips of cases, the seeds' mean of each: not yet corrected for how many
    are compared."""
    cases: int

    @property
    def is_shown(self) -> bool:
        """Whether it is more than chance, and no seed says otherwise."""
        one_side = min(self.by_seed) > 0 or max(self.by_seed) < 0
        return one_side and (self.low > 0 or self.high < 0)


def apart(first: Sequence[Values], second: Sequence[Values]) -> Apart:
    """Two variants' values, seed by seed, on the cases that all of them have.

    Raises ValueError where there are none, or not as many seeds of the one as of the other.
    """
    shared = sorted(frozenset[str].intersection(*(frozenset(each) for each in (*first, *second))))
    if not shared:
        raise ValueError("no case that all runs have")
    differences = np.array(
        [
            [one[case] - other[case] for case in shared]
            for one, other in zip(first, second, strict=True)
        ]
    )
    low, high = interval(_drawn(differences))
    return Apart(
        mean=float(differences.mean()),
        low=low,
        high=high,
        by_seed=tuple(differences.mean(axis=1).tolist()),
        p=sign_flip(differences.mean(axis=0)),
        cases=len(shared),
    )


def _drawn(differences: Numbers) -> Numbers:
    """The mean of each of many resamples of [seeds, cases]."""
    seeds, cases = differences.shape
    chance = np.random.default_rng(_SEED)
    weights = chance.multinomial(cases, np.full(cases, 1 / cases), RESAMPLES) / cases
    of_seeds = chance.multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES) / seeds
    means: Numbers = np.einsum("rs,sc,rc->r", of_seeds, differences, weights)
    return means
