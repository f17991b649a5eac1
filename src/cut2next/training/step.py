"""A training step (section 3.2): flow matching on the next shot, under a table.

Where the table lets the current shot's half be cached, a step does what generation does: one pass
over a current shot serves several next shots, and gradients of all of them flow back through it.
That is exact, and nearly halves the work. Some steps leave out the relational prompt, some the
current half, so that how strongly they count can be told in generation.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cut2next.backbones.prepared import SegmentTransformer, prepare
from cut2next.conditioning import Layout, Segment, SegmentInputs
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
    at_noise: float = 0.0
    """Share of the cuts that are taken at t = 1."""
    left_out: float = 0.0
    """Share of the steps without the relational prompt, and share without the current half."""


class DrawnLoss:
    """The loss of a step, by its number: times, noise and what is left out are drawn by that."""

    def __init__(self, transformer: SegmentTransformer, layout: Layout, run: CutsRun) -> None:
        self._transformer, self._run = transformer, run
        relation = frozenset({Segment.RELATIONAL_PROMPT})
        without = [frozenset[Segment](), relation, layout.table.context]
        self._layouts = [layout.without(segments) for segments in without]

    def __call__(self, batch: Batch, step: int) -> Tensor:
        """The loss of step number `step`."""
        run, clean, seed = self._run, batch.clean, self._run.seed * 1_000_003 + step
        chance = torch.Generator().manual_seed(seed)
        times = draw_times(len(clean), chance, at_noise=run.at_noise).to(clean.device)
        on_device = torch.Generator(clean.device).manual_seed(seed)  # there are millions to draw
        noise = torch.randn(clean.shape, generator=on_device, device=clean.device)
        shares = torch.tensor([1.0 - 2 * run.left_out, run.left_out, run.left_out])
        layout = self._layouts[int(shares.multinomial(1, generator=chance))]
        return next_shot_loss(self._transformer, batch, times, noise, layout, run.guidance)


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
