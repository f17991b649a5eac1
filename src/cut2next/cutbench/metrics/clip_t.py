"""CLIP-T: whether a next shot shows what the next prompt says.

The cosine of CLIP's embeddings of picture and text (Hessel et al., CLIPScore, EMNLP 2021, without
its factor of 2.5 and its floor), as DreamBooth reports it. The Cut2Next paper takes it
between generated shot and next prompt. Prompts over 77 tokens are read in windows:
`features/clip.py` says how.
"""

from collections.abc import Sequence

from PIL import Image

from cut2next.cutbench.cases import Case
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.metrics.likeness import cosine
from cut2next.cutbench.metrics.metric import Column, Metric


def clip_t(features: Features) -> Metric[Case]:
    """Against the next prompt, all of it, as in the paper's Table 1."""

    def value(case: Case, made: Image.Image) -> float:
        return cosine(features.picture(made), features.text(case.cut.next.prompt.text))

    def ahead(shots: Sequence[tuple[Case, Image.Image]]) -> None:
        features.pictures([made for _, made in shots])
        features.texts([case.cut.next.prompt.text for case, _ in shots])

    return Metric(
        name="clip-t",
        needs=Case,
        value=value,
        meaning="cosine of CLIP's embeddings of the next shot and of the next prompt, of which"
        " windows of 77 tokens are averaged",
        column=Column(heading="CLIP-T", width=23, factor=1, form=".4f", interval=True),
        facts=features.facts,
        ahead=ahead,
    )
