"""A step's loss says which way the flow runs."""

import torch

from cut2next.training.step import draw_times


def test_times_cover_noise_to_clean_and_lean_to_noise() -> None:
    times = draw_times(1000, torch.Generator().manual_seed(0))
    assert 0 < times.min() < 0.01
    assert 0.99 < times.max() <= 1
    assert 0.7 < times.median() < 0.8  # t = 1/2 shifted by 3
