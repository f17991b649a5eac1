"""The steps are the scheduler's, and a callback sees each."""

from typing import Any

import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from tests.generation.toy import (
    latents,
    picture,
    prompt,
    seeded,
    toy,
)
from torch import Tensor

from cut2next.film import InputError
from cut2next.generation.schedule import schedule, stepped

CPU = torch.device("cpu")


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


def test_a_callback_may_return_nothing_and_ask_for_nothing() -> None:
    pipe, seen = toy(), list[dict[str, Any]]()
    asked: dict[str, Any] = {"callback_on_step_end": lambda *call: seen.append(call[3])}
    plain = latents(pipe, picture(), prompt(), generator=seeded(1))
    assert torch.equal(latents(pipe, picture(), prompt(), generator=seeded(1), **asked), plain)
    pipe(picture(), prompt(), callback_on_step_end_tensor_inputs=[], **asked)
    assert [list(given) for given in seen] == [["latents"]] * 2 + [[]] * 2


@pytest.mark.parametrize("returned", [5, {"latents": "none"}])
def test_what_a_callback_must_not_return_is_said(returned: Any) -> None:
    pipe = toy()
    with pytest.raises(InputError, match="a callback that returned"):
        pipe(picture(), prompt(), callback_on_step_end=lambda *_: returned)
    assert pipe.current_timestep is None


def test_a_callback_ends_the_steps() -> None:
    """What is there then is what is shown: two of four steps, by hand."""
    pipe, steps = toy(), list[int]()

    def stop(owner: Any, step: int, *_: object) -> None:
        steps.append(step)
        owner._interrupt = step == 1

    noise = torch.randn(1, 6, 64, generator=seeded(1)[0])
    asked: dict[str, Any] = {"latents": noise, "num_inference_steps": 4}
    made = latents(pipe, picture(), prompt(), callback_on_step_end=stop, **asked)
    assert steps == [0, 1]
    assert pipe.interrupt
    prepared, expected = pipe.prepare(picture(), prompt()), noise
    for t in (1.0, 0.75):
        expected = expected - 0.25 * prepared.velocity(expected, torch.tensor([t]))
    torch.testing.assert_close(made, expected)
    latents(pipe, picture(), prompt(), **asked)
    assert not pipe.interrupt


def test_a_call_tells_of_itself() -> None:
    pipe = toy()
    pipe(picture(), prompt(), num_inference_steps=3, guidance_scale=2.5)
    assert (pipe.num_timesteps, pipe.guidance_scale, pipe.interrupt) == (3, 2.5, False)


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


def test_times_are_even_from_1_and_the_last_step_ends_at_0() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler()
    schedule(scheduler, 4, tokens=60, device=CPU)
    assert scheduler.sigmas.tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0])


def test_a_shift_leans_them_to_noise() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    schedule(scheduler, 4, tokens=60, device=CPU)
    expected = [3 * t / (1 + 2 * t) for t in (1, 0.75, 0.5, 0.25)]
    assert scheduler.sigmas.tolist() == pytest.approx([*expected, 0])


def test_large_pictures_lean_further_where_the_scheduler_says_so() -> None:
    """FLUX.1's mu: 0.5 at 256 tokens, 1.15 at 4096; t' = e^mu t / (1 + (e^mu - 1) t)."""
    halves = []
    for tokens in (256, 4096):
        scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
        schedule(scheduler, 2, tokens=tokens, device=CPU)
        halves.append(scheduler.sigmas[1].item())
    assert halves == pytest.approx([0.6225, 0.7595], abs=1e-3)  # logistic of mu


def test_a_step_keeps_the_precision_of_the_latents() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler()
    schedule(scheduler, 4, tokens=60, device=CPU)
    noisy, velocity = torch.ones(1, 2, 3), torch.full((1, 2, 3), 2.0, dtype=torch.bfloat16)
    further = stepped(scheduler, velocity, scheduler.timesteps[0], noisy)
    assert further.dtype == torch.float32
    torch.testing.assert_close(further, noisy - 0.25 * 2)
