"""All metrics that need weights, of whichever networks are named, in the order of a report."""

from typing import Any

from cut2next.cutbench.features.features import Features
from cut2next.cutbench.metrics.clip_i import clip_i, clip_i_to_truth
from cut2next.cutbench.metrics.clip_t import clip_t
from cut2next.cutbench.metrics.copy_margin import copy_margin
from cut2next.cutbench.metrics.dino import dino, dino_to_truth
from cut2next.cutbench.metrics.failures import Identity, failures
from cut2next.cutbench.metrics.fid import fid
from cut2next.cutbench.metrics.kid import kid
from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.metrics.set_metric import SetMetric

PAPER = ("dino", "clip-i", "clip-t", "fid")
"""The columns of the paper's Table 1, by the names that metrics have here."""


def learned_metrics(
    dinov2: Features | None,
    clip: Features | None,
    *,
    strangers: float | None = None,
    identity: Identity | None = None,
) -> list[Metric[Any]]:
    """Of single next shots; copying and failures are told by DINOv2, or by CLIP without it.

    `strangers` and `identity` are what `failures` takes; `strangers` is of the network that tells.
    """
    metrics: list[Metric[Any]] = []
    if dinov2:
        metrics += [dino(dinov2), dino_to_truth(dinov2)]
    if clip:
        metrics += [clip_i(clip), clip_i_to_truth(clip), clip_t(clip)]
    if tells := dinov2 or clip:
        metrics += [copy_margin(tells), *failures(tells, strangers, identity)]
    return metrics


def set_metrics(*networks: Features | None) -> list[SetMetric]:
    """Distances of all next shots of a maker to the true ones, in each network's space."""
    return [distance(network) for network in networks if network for distance in (fid, kid)]
