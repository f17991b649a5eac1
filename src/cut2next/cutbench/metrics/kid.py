"""KID: the squared maximum mean discrepancy of two clouds of vectors, about 0 for one cloud split.

Bińkowski et al., ICLR 2018 (arXiv 1801.01401): kernel (x·y / D + 1)³, the unbiased estimate, so its
value does not depend on the number of pictures and may be below 0. Of Inception's pool features it
is called KID, of another network's vectors for that ("kd-dinov2").

The value is of all pictures. The interval comes from subsets, as many as a hundred and each half of
the pictures, drawn without replacement: such halves scatter about the whole as the whole does about
the truth (Politis, Romano and Wolf, Subsampling, 1999). Where there is no difference
they scatter further, so that the interval errs on the wide side. The paper's own subsets of 1000
are more pictures than most benchmarks of cuts have.
"""

import numpy as np

from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.metrics.metric import Column
from cut2next.cutbench.metrics.set_metric import SetFigure, SetMetric, name_by
from cut2next.cutbench.statistics.intervals import Numbers, interval
from cut2next.film import InputError

SUBSETS = 100
_LEAST = 4
"""Pictures: a half has two."""
_SEED = 0


def kid(features: Features) -> SetMetric:
    """The distance under the name that its network gives it."""
    name = name_by(features.facts.kind, "kid", "kd")
    return SetMetric(
        name=name,
        features=features,
        of=_figure,
        meaning=f"unbiased kernel distance to the true next shots, of {features.facts.kind}'s"
        " vectors, times 1000; about 0 where there is no difference",
        column=Column(heading=f"{name.upper()} ×1000", width=27, factor=1000, interval=True),
        least=_LEAST,
    )


def kernel_distance(first: Vectors, second: Vectors) -> SetFigure:
    """The estimate with its interval, in float64, of [N, D] and [M, D]."""
    one, other = first.astype(np.float64), second.astype(np.float64)
    kernels = _kernel(one, one), _kernel(other, other), _kernel(one, other)
    for within in kernels[:2]:
        np.fill_diagonal(within, 0)  # no picture is compared with itself
    whole = _estimates(kernels, np.ones((1, len(one))), np.ones((1, len(other))))
    draw = np.random.default_rng(_SEED)
    halves = _estimates(kernels, _halves(draw, len(one)), _halves(draw, len(other)))
    low, high = interval(halves - halves.mean() + whole)
    return SetFigure(value=float(whole[0]), low=low, high=high, made=len(one), true=len(other))


def _figure(made: Vectors, true: Vectors) -> SetFigure:
    if min(len(made), len(true)) < _LEAST:
        raise InputError(
            f"{len(made)} next shots against {len(true)} true ones",
            expected=f"{_LEAST} of each at least",
            hint="judge more cases",
        )
    return kernel_distance(made, true)


def _kernel(first: Numbers, second: Numbers) -> Numbers:
    kernel: Numbers = (first @ second.T / first.shape[1] + 1) ** 3
    return kernel


def _halves(draw: np.random.Generator, count: int) -> Numbers:
    """Which of some pictures are in each subset [subsets, pictures]: 1, or 0."""
    lots = draw.random((SUBSETS, count))
    return (lots.argsort(axis=1) < count // 2).astype(np.float64)


def _estimates(
    kernels: tuple[Numbers, Numbers, Numbers], first: Numbers, second: Numbers
) -> Numbers:
    """Of subsets [subsets, pictures] of both sets; within a set, without its diagonal."""
    within, counts = [], [chosen.sum(axis=1) for chosen in (first, second)]
    for kernel, chosen, count in zip(kernels, (first, second), counts, strict=False):
        within.append(((chosen @ kernel) * chosen).sum(axis=1) / (count * (count - 1)))
    between = ((first @ kernels[2]) * second).sum(axis=1) / (counts[0] * counts[1])
    estimates: Numbers = within[0] + within[1] - 2 * between
    return estimates
