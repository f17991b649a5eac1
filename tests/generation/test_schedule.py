"""The steps are the scheduler's, and a callback sees each."""

from typing import Any

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from tests.generation.toy import (
    latents,
    picture,
    prompt,
    seeded,
    toy,
)
from torch import Tensor


def test_a_callback_sees_each_step_and_may_change_it() -> None:
    pipe, seen = toy(), list[tuple[int, float, tuple[int, ...]]]()

    def look(owner: Any, step: int, time: Tensor, given: dict[str, Any]) -> dict[str, Any]:
        assert owner is pipe
        seen.append((step, float(time), tuple(given["latents"].shape)))
        return {}

    plain = latents(pipe, picture(), prompt(), generator=seeded(1))
    looked = latents(pipe, picture(), prompt(), generator=seeded(1), callback_on_step_end=look)
    assert seen == [(0, 1000.0, (1, 6, 64)), (1, 500.0, (1, 6, 64))]
    assert torch.equal(plain, looked)
    zeroed = latents(
        pipe,
        picture(),
        prompt(),
        callback_on_step_end=lambda *call: {"latents": torch.zeros_like(call[3]["latents"])},
    )
    assert not zeroed.any()


def test_the_shift_is_the_schedulers_own() -> None:
    grows = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    times = []
    toy(scheduler=grows)(
        picture(),
        prompt(),
        callback_on_step_end=lambda *call: times.append(float(call[2])) or {},  # type: ignore[func-returns-value]
    )
    # FLUX.1's mu at six tokens, and its shift of t = 1/2, by hand.
    mu = 0.5 + (6 - 256) * (1.15 - 0.5) / (4096 - 256)
    assert times == pytest.approx([1000.0, 1000 / (1 + torch.tensor(-mu).exp().item())])
