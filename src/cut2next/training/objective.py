"""Which way the flow runs: a straight line from clean (t = 0) to noise (t = 1).

Its velocity points from clean to noise, so whoever makes a picture steps against it. All of it is
float32, whatever the transformer computes in.
"""

import torch
from torch import Tensor

SHIFT = 3.0
"""Timesteps are drawn towards noise by FLUX's shift: where a cut is decided is at high noise."""


def draw_times(count: int, chance: torch.Generator) -> Tensor:
    """Timesteps in 0..1, float32 [count], evenly spread before the shift."""
    even = (torch.arange(count) + torch.rand(count, generator=chance)) / count
    even = even[torch.randperm(count, generator=chance)]
    return SHIFT * even / (1 + (SHIFT - 1) * even)


def noised(clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
    """Where clean latents [B, L, C] are on their way to noise at `times` [B]."""
    t = times.float()[:, None, None]  # [B, 1, 1]
    return (1 - t) * clean.float() + t * noise.float()


def true_velocity(clean: Tensor, noise: Tensor) -> Tensor:
    """How `noised` changes with t, [B, L, C]: the same all along the way."""
    return noise.float() - clean.float()


def velocity_loss(velocity: Tensor, clean: Tensor, noise: Tensor, weights: Tensor) -> Tensor:
    """Mean square error of a velocity [B, L, C], tokens counting by `weights` [B, L]."""
    error = (velocity.float() - true_velocity(clean, noise)).square().mean(dim=-1)  # [B, L]
    loss: Tensor = (weights * error).sum() / weights.sum()
    return loss
