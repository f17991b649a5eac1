"""DINO: likeness in DINOv2's space.

The metric of DreamBooth (Ruiz et al., CVPR 2023, section 4.1): the mean cosine of class tokens. The
Cut2Next paper takes it between input shot and generated shot, in DINOv2's space; the same to the
true next shot is ours.
"""

from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.metrics.likeness import to_the_input, to_the_truth
from cut2next.cutbench.metrics.metric import Metric


def dino(features: Features) -> Metric[Case]:
    """Against the input, as in the paper's Table 1."""
    meaning = "cosine of DINOv2's class tokens, to the current shot; copying it gives 1"
    return to_the_input("dino", "DINO", meaning, features)


def dino_to_truth(features: Features) -> Metric[CaseWithTruth]:
    """Against the true next shot."""
    meaning = "cosine of DINOv2's class tokens, to the true next shot"
    return to_the_truth("dino to truth", "DINO true", meaning, features)
