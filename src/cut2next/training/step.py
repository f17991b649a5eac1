"""The loss (section 3.2): flow matching on the next shot, under a table.

Where the table lets the current shot's half be cached, a training step does what generation does:
one pass over a current shot serves several next shots, and gradients of all of them flow back
through it. That is exact, and nearly halves the work.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from einops import repeat
from torch import Tensor

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.conditioning import KeyValueStore, Layout, Segment
from cut2next.generation.current_shot import lasting

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

    @property
    def cuts_each(self) -> int:
        """K."""
        shots, cuts = self.current[Segment.CURRENT_SHOT], self.cuts[Segment.NEXT_SHOT]
        return len(cuts) // len(shots)


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
    moving = {**batch.cuts, Segment.NEXT_SHOT: noisy}
    store, tokens, pooled = _with_current(transformer, batch, moving, layout)
    velocity = transformer(tokens, pooled, times, layout, store=store)
    weight = 1 + PEOPLE * batch.people.float()
    error = (velocity.float() - (noise - clean).float()).square().mean(dim=-1)
    loss: Tensor = (weight * error).sum() / weight.sum()
    return loss


def _with_current(
    transformer: Flux1Transformer, batch: Batch, tokens: Mapping[Segment, Tensor], layout: Layout
) -> tuple[KeyValueStore | None, Mapping[Segment, Tensor], Mapping[Segment, Tensor]]:
    """The current shots' half, as a store where the table allows it, else as repeated tokens."""
    each = batch.cuts_each
    if lasting(layout.table).issuperset(batch.current):
        store = transformer.fill(batch.current, batch.pooled, layout, batch.current)
        return store.expand(each), tokens, batch.pooled

    def repeated(x: Tensor) -> Tensor:
        return repeat(x, "g ... -> (g k) ...", k=each)

    current = {segment: repeated(x) for segment, x in batch.current.items()}
    own = repeated(batch.pooled[Segment.CURRENT_PROMPT])
    return None, {**current, **tokens}, {**batch.pooled, Segment.CURRENT_PROMPT: own}
