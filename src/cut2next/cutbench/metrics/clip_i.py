"""CLIP-I: likeness in CLIP's space.

The metric of Textual Inversion (Gal et al., ICLR 2023) and DreamBooth: the mean cosine of CLIP's
picture embeddings. The Cut2Next paper takes it between input shot and generated shot;
the same to the true next shot is ours.
"""

from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.metrics.likeness import to_the_input, to_the_truth
from cut2next.cutbench.metrics.metric import Metric


def clip_i(features: Features) -> Metric[Case]:
    """Against the input, as in the paper's Table 1."""
    meaning = "cosine of CLIP's picture embeddings, to the current shot; copying it gives 1"
    return to_the_input("clip-i", "CLIP-I", meaning, features)


def clip_i_to_truth(features: Features) -> Metric[CaseWithTruth]:
    """Against the true next shot."""
    meaning = "cosine of CLIP's picture embeddings, to the true next shot"
    return to_the_truth("clip-i to truth", "CLIP-I true", meaning, features)
