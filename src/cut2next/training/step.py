"""A training step (section 3.2): flow matching on the next shot, under a table.

Where the table lets the current shot's half be cached, a step does what generation does: one pass
over a current shot serves several next shots, and gradients of all of them flow back through it.
That is exact, and nearly halves the work.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cut2next.backbones.prepared import SegmentTransformer, prepare
from cut2next.conditioning import Layout, SegmentInputs
from cut2next.training.loop import Run
from cut2next.training.objective import draw_times, noised, velocity_loss


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """G current shots with K cuts from each; the K cuts of one current shot are neighbours."""

    inputs: SegmentInputs
    """Of all segments but the next shot: G samples of the current half, G·K of the rest."""
    clean: Tensor
    """Packed latents of the next shots, [G·K, L, C]."""
    weights: Tensor
    """How much each of their tokens counts in the loss, float32 [G·K, L]."""


@dataclass(frozen=True, kw_only=True)
class CutsRun(Run):
    """A run on cuts."""

    groups: int
    """Current shots in a step ..."""
    each: int
    """... and cuts from each of them."""
    guidance: float | None = None
    """The scale at which guidance-distilled weights are trained; None for all others."""


def drawn_loss(
    transformer: SegmentTransformer, batch: Batch, layout: Layout, run: CutsRun, step: int
) -> Tensor:
    """The loss of step number `step`: times and noise are drawn by that number."""
    chance = torch.Generator().manual_seed(run.seed * 1_000_003 + step)
    times = draw_times(len(batch.clean), chance).to(batch.clean.device)
    noise = torch.randn(batch.clean.shape, generator=chance).to(batch.clean.device)
    return next_shot_loss(transformer, batch, times, noise, layout, run.guidance)


def next_shot_loss(
    transformer: SegmentTransformer,
    batch: Batch,
    times: Tensor,
    noise: Tensor,
    layout: Layout,
    guidance: float | None = None,
) -> Tensor:
    """The loss of the next shots alone, at `times` [G·K] with `noise` [G·K, L, C]."""
    # What is kept of a current shot serves all its cuts; a relational prompt serves but one.
    prepared = prepare(
        transformer, batch.inputs, layout, keep=layout.table.lasting, guidance=guidance
    )
    velocity = prepared.velocity(noised(batch.clean, noise, times), times)
    return velocity_loss(velocity, batch.clean, noise, batch.weights)
