"""The steps from noise to a picture: FLUX.1's schedule, by diffusers' Euler scheduler."""

from collections.abc import Callable, Collection, Mapping
from math import exp
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from torch import Tensor

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.generation.checks import check_finite
from cut2next.generation.strengths import PreparedShots

StepEnd = Callable[[DiffusionPipeline, int, Tensor, dict[str, Any]], dict[str, Any] | None]
"""Gets pipeline, step, the scheduler's time and {"latents": ...} after each step."""


class Denoising:
    """What a pipeline tells of the call that runs, or ran last, under the names of diffusers."""

    _callback_tensor_inputs: ClassVar = ["latents"]
    _guidance_scale = 3.5
    _num_timesteps = 0
    _current_timestep: Tensor | None = None
    _interrupt = False

    @property
    def guidance_scale(self) -> float:
        """What was asked for, whether or not guidance was distilled into the weights."""
        return self._guidance_scale

    @property
    def num_timesteps(self) -> int:
        """Steps of denoising."""
        return self._num_timesteps

    @property
    def current_timestep(self) -> Tensor | None:
        """The scheduler's time of the step that runs, 0 to 1000; None between calls."""
        return self._current_timestep

    @property
    def interrupt(self) -> bool:
        """Whether no further step is wanted: a callback sets `_interrupt`."""
        return self._interrupt


def denoised(
    pipe: Any,
    latents: Tensor,
    prepared: PreparedShots,
    steps: int,
    step_end: StepEnd | None = None,
    seen: Collection[str] = ("latents",),
) -> Tensor:
    """Packed latents [B, L, C] from noise to next shots, with the pipeline's scheduler.

    `seen` is what the callback is handed. Interrupted, they are left as they are. Raises
    WeightsError for what is no picture, and InputError where a callback changed the weights.
    """
    scheduler = pipe.scheduler
    schedule(scheduler, steps, tokens=latents.shape[1], device=latents.device)
    pipe._num_timesteps = len(scheduler.timesteps)
    try:
        with pipe.progress_bar(total=steps) as progress:
            for index, time in enumerate(scheduler.timesteps):
                if pipe.interrupt:
                    break
                pipe._current_timestep = time
                # The scheduler counts its times in steps of training.
                t = (time / scheduler.config["num_train_timesteps"]).expand(len(latents))
                latents = stepped(scheduler, prepared.unchecked_velocity(latents, t), time, latents)
                if step_end is not None:
                    shown = {"latents": latents} if "latents" in seen else {}
                    latents = _returned(step_end(pipe, index, time, shown), latents)
                progress.update()
    finally:
        pipe._current_timestep = None
    if step_end is not None:  # nobody else can have changed the weights between steps
        prepared.check()
    check_finite(latents, "a next shot", "transformer")
    return latents


def _returned(given: Any, latents: Tensor) -> Tensor:
    """The latents that a callback gives back, or those that there were."""
    if given is None:
        return latents
    kept = given.get("latents", latents) if isinstance(given, Mapping) else None
    if not isinstance(kept, Tensor):
        raise InputError(
            f"a callback that returned {one_line(repr(given), 80)}",
            expected='None, or {"latents": packed latents}',
            hint="return what it was given, or nothing",
        )
    return kept


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
    """The noisy latents one step on, to a smaller t: against the velocity, in their precision.

    Which way it points is written in `training/objective.py`.
    """
    step: Any = scheduler.step
    further: Tensor = step(velocity.to(noisy.dtype), time, noisy, return_dict=False)[0]
    return further


def time_shift(config: Mapping[str, Any], tokens: int) -> float:
    """How far a scheduler shifts times towards noise, for pictures of so many tokens.

    t becomes shift · t / (1 + (shift - 1) · t); training draws its times so (`draw_times`).
    """
    if config["use_dynamic_shifting"]:
        return exp(_shift(config, tokens))
    return float(config["shift"])


def _shift(config: Mapping[str, Any], tokens: int) -> float:
    """FLUX.1's mu: linear in the tokens of a picture. Schedulers with a fixed shift ignore it."""
    few, many = config["base_image_seq_len"], config["max_image_seq_len"]
    slope = (config["max_shift"] - config["base_shift"]) / (many - few)
    return float(config["base_shift"] + (tokens - few) * slope)
