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

from cut2next.backbones.prepared import SegmentTransformer, prepare
from cut2next.generation.checks import check_finite
from cut2next.generation.schedule import schedule, stepped
from cut2next.training.step import Batch, next_shot_loss

BANDS = ("0.00-0.25", "0.25-0.50", "0.50-0.75", "0.75-1.00")
"""Quarters of t: near the picture its grain is decided, near noise what it shows."""


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
) -> Tensor:
    """The next shots of a batch, as the pipeline makes them: packed latents, float32 [B, L, C].

    They begin with `noise`, unless given `noise_of(batch, seed)`. Raises WeightsError for what is
    no picture.
    """
    latents, layout = noise_of(batch, seed) if noise is None else noise, batch.layout
    prepared = prepare(
        transformer, batch.inputs, layout, keep=layout.table.cacheable, guidance=guidance
    )
    schedule(scheduler, steps, tokens=latents.shape[1], device=latents.device)
    for time in scheduler.timesteps:
        t = (time / scheduler.config["num_train_timesteps"]).expand(len(latents))
        latents = stepped(scheduler, prepared.velocity(latents, t), time, latents)
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
