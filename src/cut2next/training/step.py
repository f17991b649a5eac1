"""A training step (section 3.2): flow matching on the next shot, under a table.

Where the table lets the current shot's half be cached, a step does what generation does: one pass
over a current shot serves several next shots, and gradients of all of them flow back through it.
That is exact, and nearly halves the work. Some steps leave out the relational prompt, some the
current half, so that how strongly they count can be told in generation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cut2next.backbones.prepared import Passes, SegmentTransformer, by_passes, planned
from cut2next.conditioning import KVCache, Layout, Segment, SegmentInputs
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


LossOfBatch = Callable[..., Tensor]
"""`next_shot_loss`, or what it was compiled to."""


class DrawnLoss:
    """The loss of a step, by its number: times, noise and what is left out are drawn by that."""

    def __init__(
        self,
        transformer: SegmentTransformer,
        layout: Layout,
        run: CutsRun,
        compiled: Callable[[LossOfBatch], LossOfBatch] | None = None,
    ) -> None:
        """`compiled` compiles the loss of a batch: nothing but arithmetic of tensors is in it."""
        self._run, self._loss = run, compiled(next_shot_loss) if compiled else next_shot_loss
        self._transformer, table = transformer, layout.table
        without = [frozenset[Segment](), frozenset({Segment.RELATIONAL_PROMPT}), table.context]
        self._passes = [training_passes(layout.without(segments)) for segments in without]

    def __call__(self, batch: Batch, step: int) -> Tensor:
        """The loss of step number `step`."""
        run, count = self._run, len(batch.clean)
        chance = torch.Generator().manual_seed(run.seed * 1_000_003 + step)
        times = draw_times(count, chance, at_noise=run.at_noise).to(batch.clean.device)
        noise = torch.randn(batch.clean.shape, generator=chance).to(batch.clean.device)
        shares = torch.tensor([1.0 - 2 * run.left_out, run.left_out, run.left_out])
        passes = self._passes[int(shares.multinomial(1, generator=chance))]
        return self._loss(self._transformer, batch, times, noise, passes, run.guidance)


def next_shot_loss(
    transformer: SegmentTransformer,
    batch: Batch,
    times: Tensor,
    noise: Tensor,
    passes: Passes,
    guidance: float | None = None,
) -> Tensor:
    """The loss of the next shots alone, at `times` [G·K] with `noise` [G·K, L, C]."""
    prepared = by_passes(transformer, batch.inputs, passes, KVCache(), guidance)
    velocity = prepared.velocity(noised(batch.clean, noise, times), times)
    return velocity_loss(velocity, batch.clean, noise, batch.weights)


def training_passes(layout: Layout) -> Passes:
    """Those of a step: what is kept of a current shot serves all its cuts.

    A relational prompt serves but one.
    """
    return planned(layout, layout.table.lasting)
