"""How alike two pictures are to a network: the cosine of their vectors, 1 for one picture.

Against the input it is what the paper reports, and what copying the input does best at; against the
true next shot it is what it should have been.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.metrics.metric import Column, Metric


def cosine(first: Vectors, second: Vectors) -> float:
    """Of two vectors [D], in float64."""
    one, other = first.astype(np.float64), second.astype(np.float64)
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0


def likeness(features: Features, first: Image.Image, second: Image.Image) -> float:
    """Of two pictures."""
    return cosine(*features.pictures([first, second]))


def to_the_input(name: str, heading: str, meaning: str, features: Features) -> Metric[Case]:
    """How like the current shot a next shot is."""

    def ahead(shots: Sequence[tuple[Case, Image.Image]]) -> None:
        features.pictures(
            [one for case, made in shots for one in (case.cut.current.keyframe, made)]
        )

    return Metric(
        name=name,
        needs=Case,
        value=lambda case, made: likeness(features, case.cut.current.keyframe, made),
        meaning=meaning,
        column=Column(heading=heading, width=23, factor=1, form=".4f", interval=True),
        facts=features.facts,
        ahead=ahead,
    )


def to_the_truth(
    name: str, heading: str, meaning: str, features: Features
) -> Metric[CaseWithTruth]:
    """How like the true next shot a next shot is."""

    def ahead(shots: Sequence[tuple[CaseWithTruth, Image.Image]]) -> None:
        features.pictures([one for case, made in shots for one in (case.true_next, made)])

    return Metric(
        name=name,
        needs=CaseWithTruth,
        value=lambda case, made: likeness(features, case.true_next, made),
        meaning=meaning,
        column=Column(heading=heading, width=23, factor=1, form=".4f", interval=True),
        facts=features.facts,
        ahead=ahead,
    )
