"""The loss (section 3.2): flow matching on the next shot, under a table.

Where the table lets the current shot's half be cached, a training step does what generation does:
one pass over a current shot serves several next shots, and gradients of all of them flow back
through it. That is exact, and nearly halves the work.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.backbones.prepared import prepare
from cut2next.conditioning import Layout, Segment, SegmentInputs

SHIFT = 3.0
"""Timesteps are drawn towards noise by FLUX's shift: where a cut is decided is at high noise."""
PEOPLE = 3.0
"""A face is a few tokens of sixty, and what an audience looks at first."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """G current shots with K cuts from each; the K cuts of one current shot are neighbours."""

    current: Mapping[Segment, Tensor]
    """Tokens of what belongs to the current shot, [G, L, C]."""
    cuts: Mapping[Segment, Tensor]
    """Tokens of the rest, [G·K, L, C]; the next shot is clean here."""
    pooled: Mapping[Segment, Tensor]
    """Pooled vectors of the prompts: [G, P] of the current prompt, [G·K, P] of the others."""
    people: Tensor
    """How much of each token of the next shots people fill, [G·K, L], 0..1."""


def draw_times(count: int, chance: torch.Generator) -> Tensor:
    """Timesteps in 0..1, float32 [count], evenly spread before the shift."""
    even = (torch.arange(count) + torch.rand(count, generator=chance)) / count
    even = even[torch.randperm(count, generator=chance)]
    return SHIFT * even / (1 + (SHIFT - 1) * even)


def next_shot_loss(
    transformer: Flux1Transformer, batch: Batch, times: Tensor, noise: Tensor, layout: Layout
) -> Tensor:
    """Mean square error of the velocity of the next shots, people counting `PEOPLE` times more."""
    clean = batch.cuts[Segment.NEXT_SHOT]
    t, noise = times[:, None, None].to(clean.dtype), noise.to(clean.dtype)
    noisy = (1 - t) * clean + t * noise
    inputs = SegmentInputs({**batch.current, **batch.cuts}, batch.pooled)
    # What is kept of a current shot serves all its cuts; a relational prompt serves but one.
    prepared = prepare(transformer, inputs, layout, keep=layout.table.lasting)
    velocity = prepared.velocity(noisy, times)
    weight = 1 + PEOPLE * batch.people.float()
    error = (velocity.float() - (noise - clean).float()).square().mean(dim=-1)
    loss: Tensor = (weight * error).sum() / weight.sum()
    return loss
