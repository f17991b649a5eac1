"""Which way the flow runs: a straight line from clean (t = 0) to noise (t = 1).

Its velocity points from clean to noise, so whoever makes a picture steps against it. All of it is
float32, whatever the transformer computes in.
"""

import torch
from torch import Tensor

SHIFT = 3.0
"""Timesteps are drawn towards noise by FLUX's shift: where a cut is decided is at high noise."""


def draw_times(
    count: int, chance: torch.Generator, *, shift: float = SHIFT, at_noise: float = 0.0
) -> Tensor:
    """Timesteps in 0..1, float32 [count]; a share `at_noise` is 1, where a picture begins.

    The others are evenly spread before the shift, as the steps of a generation are.
    """
    spread = count - round(at_noise * count)
    even = (torch.arange(spread) + torch.rand(spread, generator=chance)) / spread
    times = torch.cat([shift * even / (1 + (shift - 1) * even), torch.ones(count - spread)])
    return times[torch.randperm(count, generator=chance)]


def noised(clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
    """Where clean latents [B, L, C] are on their way to noise at `times` [B]."""
    t = times.float()[:, None, None]  # [B, 1, 1]
    return (1 - t) * clean.float() + t * noise.float()


def true_velocity(clean: Tensor, noise: Tensor) -> Tensor:
    """How `noised` changes with t, [B, L, C]: the same all along the way."""
    return noise.float() - clean.float()


def velocity_errors(velocity: Tensor, clean: Tensor, noise: Tensor) -> Tensor:
    """Mean square error of a velocity [B, L, C] in each token, [B, L]."""
    return (velocity.float() - true_velocity(clean, noise)).square().mean(dim=-1)
