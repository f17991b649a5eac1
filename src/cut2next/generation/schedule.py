"""The steps from noise to a picture: FLUX.1's schedule, by diffusers' Euler scheduler."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from torch import Tensor


def schedule(
    scheduler: FlowMatchEulerDiscreteScheduler, steps: int, *, tokens: int, device: torch.device
) -> None:
    """Sets `steps` times from t = 1 down, for pictures of so many tokens.

    Whether they are shifted towards noise, by how much, and whether that grows with the picture,
    is in the scheduler's own configuration.
    """
    times = np.linspace(1, 1 / steps, steps).tolist()
    scheduler.set_timesteps(sigmas=times, device=device, mu=_shift(scheduler.config, tokens))
    # Told where it begins, it need not look up where it is, for which it waits for the device.
    scheduler.set_begin_index(0)


def stepped(
    scheduler: FlowMatchEulerDiscreteScheduler, velocity: Tensor, time: Tensor, noisy: Tensor
) -> Tensor:
    """The noisy latents one step further; all in their precision."""
    step: Any = scheduler.step
    further: Tensor = step(velocity.to(noisy.dtype), time, noisy, return_dict=False)[0]
    return further


def _shift(config: Mapping[str, Any], tokens: int) -> float:
    """FLUX.1's mu: linear in the tokens of a picture. Schedulers with a fixed shift ignore it."""
    few, many = config["base_image_seq_len"], config["max_image_seq_len"]
    slope = (config["max_shift"] - config["base_shift"]) / (many - few)
    return float(config["base_shift"] + (tokens - few) * slope)
