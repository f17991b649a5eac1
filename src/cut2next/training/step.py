"""A training step (section 3.2): flow matching on the next shot, under a table.

Where the table lets the current shot's half be cached, a step does what generation does: one pass
over a current shot serves several next shots, and gradients of all of them flow back through it.
That is exact, and nearly halves the work. Some steps leave out the relational prompt, some the
current half, so that how strongly they count can be told in generation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cut2next.backbones.prepared import SegmentTransformer, prepare
from cut2next.conditioning import Layout, Segment, SegmentInputs, SegmentTable
from cut2next.training.machine import quick_attention
from cut2next.training.objective import SHIFT, draw_times, noised, velocity_errors


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """G current shots with K cuts from each; the K cuts of one current shot are neighbours."""

    layout: Layout
    """Of all of them: the shots of a batch are of one size."""
    inputs: SegmentInputs
    """Of all segments but the next shot: G samples of the current half, G·K of the rest."""
    clean: Tensor
    """Packed latents of the next shots, [G·K, L, C]."""
    weights: Tensor
    """How much each of their tokens counts in the loss, float32 [G·K, L]."""

    @property
    def shared(self) -> bool:
        """Whether a current shot has several cuts here."""
        shots = (len(x) for segment, x in self.inputs.tokens.items() if segment.is_context)
        return any(count < len(self.clean) for count in shots)


@dataclass(frozen=True, kw_only=True)
class Draws:
    """How a batch is made noisy, and what of it is left out, by chance."""

    guidance: float | None = None
    """The scale at which guidance-distilled weights are trained; None for all others."""
    at_noise: float = 0.0
    """Share of the cuts that are taken at t = 1."""
    left_out: float = 0.0
    """Share of the steps without the relational prompt, and share without the current half."""
    lessons: int = 1
    """Of a step. All of them leave out the same: processes that share a sharded model must pass
    through it alike."""
    seed: int = 0

    def seed_of(self, number: int) -> int:
        """What batch `number` is drawn by."""
        return self.seed * 1_000_003 + number

    def times(self, count: int, number: int, shift: float = SHIFT) -> Tensor:
        """When the cuts of batch `number` are looked at, [count]: t, drawn towards noise."""
        chance = torch.Generator().manual_seed(self.seed_of(number))
        return draw_times(count, chance, shift=shift, at_noise=self.at_noise)

    def without(self, table: SegmentTable, number: int) -> frozenset[Segment]:
        """What batch `number` does without, of `omissions`."""
        share, step = self.left_out, number // self.lessons
        chance = torch.Generator().manual_seed(self.seed_of(step))
        shares = torch.tensor([1.0 - 2 * share, share, share])
        return omissions(table)[int(shares.multinomial(1, generator=chance))]


def omissions(table: SegmentTable) -> tuple[frozenset[Segment], ...]:
    """What a step may do without: nothing, the relational prompt, or the current half."""
    return frozenset(), frozenset({Segment.RELATIONAL_PROMPT}), table.context


class Losses(NamedTuple):
    """What a batch says."""

    mean: Tensor
    """The loss, a number: tokens count by their weights."""
    times: Tensor | None = None
    """t of each cut, float32 [G·K]; None of what has no times ..."""
    errors: Tensor | None = None
    """... and each cut's own loss there, without gradient, float32 [G·K]."""


class NextShotLearner(nn.Module):
    """A transformer that learns next shots: `forward` is the loss of a batch, by its number.

    A module, so that what spreads a model over processes wraps it from outside.
    """

    def __init__(
        self,
        transformer: nn.Module,
        draws: Draws,
        shift: Callable[[int], float] = lambda tokens: SHIFT,
    ) -> None:
        """`shift` tells how far times are drawn towards noise, by the tokens of a picture."""
        super().__init__()
        self.transformer, self._draws, self._shift = transformer, draws, shift

    def forward(self, batch: Batch, number: int) -> Losses:
        """The loss of batch `number`: times, noise and what is left out are drawn by that."""
        draws, clean = self._draws, batch.clean
        times = draws.times(len(clean), number, self._shift(clean.shape[1])).to(clean.device)
        # There are millions to draw.
        on_device = torch.Generator(clean.device).manual_seed(draws.seed_of(number))
        noise = torch.randn(clean.shape, generator=on_device, device=clean.device)
        layout = batch.layout.without(draws.without(batch.layout.table, number))
        network: Any = self.transformer
        with quick_attention(clean.device, network.dtype):
            return next_shot_loss(network, batch, times, noise, layout, draws.guidance)


def next_shot_loss(
    transformer: SegmentTransformer,
    batch: Batch,
    times: Tensor,
    noise: Tensor,
    layout: Layout | None = None,
    guidance: float | None = None,
) -> Losses:
    """The loss of the next shots alone, at `times` [G·K] with `noise` [G·K, L, C].

    Under the batch's layout, unless another is given that leaves something of it out.
    """
    layout = layout or batch.layout
    # What is kept of a current shot serves all its cuts; a relational prompt serves but one. A shot
    # with one cut is passed with all the rest: the same work, in half as many kernels.
    # Only where the current shot itself can be kept: else an earlier shot, which always can, would
    # make for passes that a batch without has not, and processes would not pass alike.
    lasting = layout.table.lasting
    keep = lasting if batch.shared and Segment.CURRENT_SHOT in lasting else ()
    prepared = prepare(transformer, batch.inputs, layout, keep=keep, guidance=guidance)
    velocity = prepared.velocity(noised(batch.clean, noise, times), times)
    errors = batch.weights * velocity_errors(velocity, batch.clean, noise)  # [G·K, L]
    apart = errors.detach().sum(dim=1) / batch.weights.sum(dim=1)
    return Losses(errors.sum() / batch.weights.sum(), times, apart)
