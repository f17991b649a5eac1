"""What a run has learnt of cuts that it never trains on: their loss, and next shots of them.

Times and noise are fixed, so that one validation differs from the next by what was learnt alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from torch import Tensor

from cut2next.backbones.prepared import Prepared, SegmentTransformer, prepare
from cut2next.conditioning import Layout, Segment
from cut2next.generation.checks import check_finite
from cut2next.generation.schedule import schedule, stepped
from cut2next.training.step import Batch, next_shot_loss

BANDS = ("0.00-0.25", "0.25-0.50", "0.50-0.75", "0.75-1.00")
"""Quarters of t: near the picture its grain is decided, near noise what it shows."""

_RELATION = frozenset({Segment.RELATIONAL_PROMPT})


@dataclass(frozen=True, kw_only=True)
class ValidationLoss:
    """The loss of held-out cuts, every cut counting alike."""

    by_band: Mapping[str, float]
    """At times in each of `BANDS`."""

    @property
    def mean(self) -> float:
        """Over all of t, evenly."""
        return sum(self.by_band.values()) / len(self.by_band)


def by_band(times: Tensor, errors: Tensor) -> dict[str, float]:
    """The mean errors [B] at times [B] of each of `BANDS` that has some; t = 1 is in the last."""
    places = (len(BANDS) * times).long().clamp(max=len(BANDS) - 1)
    return {
        band: errors[places == place].mean().item()
        for place, band in enumerate(BANDS)
        if (places == place).any()
    }


@torch.no_grad()
def validation_loss(
    transformer: SegmentTransformer,
    batches: Iterable[Batch],
    *,
    guidance: float | None = None,
    seed: int = 0,
) -> ValidationLoss:
    """The loss of batches, each cut at one time in each of `BANDS`.

    Times and noise are drawn by the seed and the place of a batch. Nothing is left out.
    """
    times, errors = list[Tensor](), list[Tensor]()
    for number, batch in enumerate(batches):
        chance = _chance(seed, number)
        noise = _noise(batch, chance)
        for band in range(len(BANDS)):
            t = (band + torch.rand(len(batch.clean), generator=chance)) / len(BANDS)
            times.append(t.to(batch.clean.device))
            losses = next_shot_loss(transformer, batch, times[-1], noise, guidance=guidance)
            assert losses.errors is not None  # which have times
            errors.append(losses.errors)
    return ValidationLoss(by_band=by_band(torch.cat(times), torch.cat(errors)))


@torch.no_grad()
def next_shots(
    transformer: SegmentTransformer,
    scheduler: FlowMatchEulerDiscreteScheduler,
    batch: Batch,
    *,
    steps: int,
    guidance: float | None = None,
    noise: Tensor | None = None,
    seed: int = 0,
    relational: Tensor | None = None,
) -> Tensor:
    """The next shots of a batch, as the pipeline makes them: packed latents, float32 [B, L, C].

    They begin with `noise`, unless given `noise_of(batch, seed)`. `relational` says how strongly
    each one's relational prompt counts [B], wholly unless given (see `generation.strengths`).
    Raises WeightsError for what is no picture.
    """
    latents = noise_of(batch, seed) if noise is None else noise

    def under(layout: Layout) -> Prepared:
        keep = layout.table.cacheable
        return prepare(transformer, batch.inputs, layout, keep=keep, guidance=guidance)

    prepared = under(batch.layout)
    unrelated = under(batch.layout.without(_RELATION)) if relational is not None else None
    schedule(scheduler, steps, tokens=latents.shape[1], device=latents.device)
    for time in scheduler.timesteps:
        t = (time / scheduler.config["num_train_timesteps"]).expand(len(latents))
        velocity = prepared.velocity(latents, t)
        if relational is not None and unrelated is not None:
            without = unrelated.velocity(latents, t)
            velocity = without + relational.view(-1, 1, 1) * (velocity - without)
        latents = stepped(scheduler, velocity, time, latents)
    check_finite(latents, "a next shot", "transformer")
    return latents


def noise_of(batch: Batch, seed: int) -> Tensor:
    """What the next shots of a batch begin with, float32 [B, L, C]."""
    return _noise(batch, _chance(seed, 0))


def _noise(batch: Batch, chance: torch.Generator) -> Tensor:
    return torch.randn(batch.clean.shape, generator=chance).to(batch.clean.device)


def _chance(seed: int, number: int) -> torch.Generator:
    """Of the processor, whose numbers are the same beside any card."""
    return torch.Generator().manual_seed(seed * 1_000_003 + number)
