"""Copy margin: whether a next shot is nearer to the input than the true next shot is.

Ours. The likeness of the made shot to the input, less that of the true one: what is above 0 copies,
and the input itself has the largest margin that a case allows. Below 0 it has left the input
further behind than the film did. It needs no threshold, where a bare likeness does: a cut-in keeps
more of its input than a cutaway.
"""

from collections.abc import Sequence

from PIL import Image

from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.metrics.likeness import likeness
from cut2next.cutbench.metrics.metric import Column, Metric


def copy_margin(features: Features) -> Metric[CaseWithTruth]:
    """In the space of a network: DINOv2 sees places and poses, CLIP what it would call a scene."""

    def value(case: CaseWithTruth, made: Image.Image) -> float:
        current = case.cut.current.keyframe
        return likeness(features, made, current) - likeness(features, case.true_next, current)

    def ahead(shots: Sequence[tuple[CaseWithTruth, Image.Image]]) -> None:
        features.pictures(
            [
                one
                for case, made in shots
                for one in (case.cut.current.keyframe, case.true_next, made)
            ]
        )

    return Metric(
        name="copy margin",
        needs=CaseWithTruth,
        value=value,
        meaning=f"likeness ({features.facts.kind}) to the current shot, less that of the true next"
        " shot: above 0 it copies",
        column=Column(heading="copy margin", width=25, factor=1, form="+.4f", interval=True),
        facts=features.facts,
        ahead=ahead,
    )
