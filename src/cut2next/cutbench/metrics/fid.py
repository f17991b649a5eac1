"""FID: the Fréchet distance of two clouds of vectors, each taken for a Gaussian.

Heusel et al., NeurIPS 2017 (arXiv 1706.08500), of Inception's pool features; that alone is called
FID here. Of another network's vectors it is named for it, as in "fd-dinov2" (Stein et al., NeurIPS
2023, arXiv 2306.04675, who find that it ranks as people do and FID does not).

It falls with the number of pictures, far into the tens of thousands: so made and true ones must be
as many, figures of different counts cannot be compared, and no interval is given: pictures drawn
again are fewer different ones, which would raise it. KID stands beside it for that.
"""

import numpy as np

from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.metrics.metric import Column
from cut2next.cutbench.metrics.set_metric import SetFigure, SetMetric, name_by
from cut2next.cutbench.statistics.intervals import Numbers
from cut2next.film import InputError

_LEAST = 2
"""Pictures: one has no spread."""


def fid(features: Features) -> SetMetric:
    """The distance under the name that its network gives it."""
    name = name_by(features.facts.kind, "fid", "fd")
    return SetMetric(
        name=name,
        features=features,
        of=_figure,
        meaning=f"Fréchet distance to the true next shots, of {features.facts.kind}'s vectors;"
        " falls with the number of pictures, so compare equal counts only",
        column=Column(heading=name.upper(), width=13, factor=1, form=".2f"),
        least=_LEAST,
    )


def frechet_distance(first: Vectors, second: Vectors) -> float:
    """|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½), of means and covariances, in float64.

    The root is taken without a matrix root, which fails where there are fewer pictures than numbers
    in a vector: with C = XᵀX / (n - 1) of centred vectors X, its trace is the sum of the singular
    values of X1 X2ᵀ / sqrt((n1 - 1) (n2 - 1)), which the triangles of a QR decomposition share.
    """
    means, centred = list[Numbers](), list[Numbers]()
    for vectors in (first.astype(np.float64), second.astype(np.float64)):
        means.append(vectors.mean(axis=0))
        centred.append((vectors - means[-1]) / np.sqrt(len(vectors) - 1))
    first_triangle, second_triangle = (_triangle(one) for one in centred)
    root = np.linalg.svd(first_triangle @ second_triangle.T, compute_uv=False).sum()
    spread = sum(float(np.square(one).sum()) for one in centred)
    return float(np.square(means[0] - means[1]).sum() + spread - 2 * root)


def _triangle(vectors: Numbers) -> Numbers:
    triangle: Numbers = np.linalg.qr(vectors, mode="r")  # type: ignore[assignment]
    return triangle


def _figure(made: Vectors, true: Vectors) -> SetFigure:
    if len(made) != len(true) or len(made) < _LEAST:
        raise InputError(
            f"{len(made)} next shots against {len(true)} true ones",
            expected="as many of each, two at least: the Fréchet distance falls with their number",
            hint="compare the same cases, one picture of each",
        )
    return SetFigure(value=frechet_distance(made, true), made=len(made), true=len(true))
