"""Which way the flow runs: from clean at t = 0 to noise at t = 1, and back in generation."""

import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from torch import Tensor

from cut2next.generation.schedule import schedule, stepped
from cut2next.training.objective import draw_times, noised, true_velocity, velocity_errors


@pytest.fixture
def clean() -> Tensor:
    return torch.randn((3, 5, 4), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def noise() -> Tensor:
    return torch.randn((3, 5, 4), generator=torch.Generator().manual_seed(1))


def test_time_0_is_clean_and_time_1_is_noise(clean: Tensor, noise: Tensor) -> None:
    assert torch.equal(noised(clean, noise, torch.zeros(3)), clean)
    assert torch.equal(noised(clean, noise, torch.ones(3)), noise)


def test_every_sample_has_its_own_time(clean: Tensor, noise: Tensor) -> None:
    made = noised(clean, noise, torch.tensor([0.0, 0.25, 1.0]))
    assert torch.equal(made[0], clean[0])
    torch.testing.assert_close(made[1], 0.75 * clean[1] + 0.25 * noise[1])
    assert torch.equal(made[2], noise[2])


@pytest.mark.parametrize("time", [0.1, 0.5, 1.0])
def test_a_step_down_the_velocity_to_time_0_lands_on_clean(
    clean: Tensor, noise: Tensor, time: float
) -> None:
    noisy = noised(clean, noise, torch.full((3,), time))
    torch.testing.assert_close(noisy + (0 - time) * true_velocity(clean, noise), clean)


def test_the_steps_of_generation_run_the_same_way(clean: Tensor, noise: Tensor) -> None:
    """diffusers' scheduler, driven as the pipeline drives it, goes down the line of training."""
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    schedule(scheduler, 4, tokens=60, device=torch.device("cpu"))
    latents = noise
    for number, time in enumerate(scheduler.timesteps):
        t = scheduler.sigmas[number]
        torch.testing.assert_close(latents, noised(clean, noise, t.expand(3)))
        latents = stepped(scheduler, true_velocity(clean, noise), time, latents)
    torch.testing.assert_close(latents, clean)


def test_the_true_velocity_has_no_error_and_its_opposite_has(clean: Tensor, noise: Tensor) -> None:
    velocity = noise - clean
    assert not velocity_errors(velocity, clean, noise).any()
    assert velocity_errors(-velocity, clean, noise).mean() > 1


def test_every_token_has_its_mean_square_error(clean: Tensor, noise: Tensor) -> None:
    off = torch.zeros(3, 5, 1)
    off[0, 0], off[2, 4] = 1, 2  # errors of 1 and 4, elsewhere none
    errors = velocity_errors(noise - clean + off, clean, noise)
    torch.testing.assert_close(errors, off[..., 0].square())


def test_all_is_float32_whatever_comes(clean: Tensor, noise: Tensor) -> None:
    coarse, times = clean.bfloat16(), torch.tensor([0.123, 0.456, 0.789])
    made = noised(coarse, noise, times)
    t = times.double()[:, None, None]
    assert made.dtype == torch.float32
    exact = (1 - t) * coarse.double() + t * noise.double()
    torch.testing.assert_close(made.double(), exact, rtol=0, atol=1e-6)  # bfloat16 is off by 1e-2
    torch.testing.assert_close(true_velocity(coarse, noise), noise - coarse.float())
    errors = velocity_errors((noise - coarse.float()).bfloat16(), coarse, noise)
    assert errors.dtype == torch.float32


def test_times_cover_noise_to_clean_and_lean_to_noise() -> None:
    times = draw_times(1000, torch.Generator().manual_seed(0))
    assert 0 < times.min() < 0.01
    assert 0.99 < times.max() <= 1
    assert 0.7 < times.median() < 0.8  # t = 1/2 shifted by 3


def test_a_share_of_times_is_where_a_picture_begins() -> None:
    times = draw_times(100, torch.Generator().manual_seed(0), at_noise=0.5)
    assert (times == 1).sum() == 50
    assert times[times < 1].median() < 0.8
    assert (times[:50] == 1).any()
    assert (times[50:] == 1).any()
