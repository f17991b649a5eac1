"""Training the autoencoder: what counts, and a kill loses nothing."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from cut2next.backbones.mini import architecture
from cut2next.recipes.mini.autoencoder import (
    AutoencoderRun,
    train_autoencoder,
    unlikeness,
)
from cut2next.soundstage.rushes import Rushes


def test_an_error_counts_by_what_its_pixel_shows_and_where_it_ends_once_more() -> None:
    true, weights = torch.zeros(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    weights[..., 4:] = 10

    def error(columns: slice, edges: float) -> float:
        decoded = true.clone()
        decoded[..., columns] = 0.5  # whose smooth absolute value is 0.5 - 0.05 / 2
        return unlikeness(decoded, true, weights, edges).item()

    left, right, everywhere = slice(0, 2), slice(6, 8), slice(0, 8)
    pixels, steps = 8 * (4 * 1 + 4 * 10), 8 * (3 * 1 + 4 * 10)  # what all of them weigh
    assert error(left, 0) == pytest.approx(0.475 * 16 / pixels)
    assert error(right, 0) == pytest.approx(0.475 * 160 / pixels)
    assert error(right, 2) == pytest.approx(0.475 * (160 / pixels + 2 * 80 / steps))
    assert error(everywhere, 2) == error(everywhere, 0) == pytest.approx(0.475)


def test_a_killed_autoencoder_goes_on_as_if_nothing_had_happened(
    rushes: Rushes, tmp_path: Path
) -> None:
    pictures, kinds = (
        np.concatenate([reel(0)[0], reel(1)[0]]) for reel in (rushes.reel, rushes.kinds)
    )
    run = AutoencoderRun(steps=4, batch=2, crop=32, checkpoint_every=2)

    def start(folder: Path) -> tuple[torch.nn.Module, Iterator[tuple[int, float]]]:
        torch.manual_seed(0)
        model = architecture.autoencoder()
        return model, train_autoencoder(model, pictures, kinds, run, folder)

    unbroken, steps = start(tmp_path / "unbroken")
    losses = [loss for _, loss in steps]
    _, steps = start(tmp_path / "killed")
    list(islice(steps, 3))
    resumed, steps = start(tmp_path / "killed")
    assert [loss for _, loss in steps] == pytest.approx(losses[2:], abs=0)
    for whole, gone_on in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(whole, gone_on, rtol=0, atol=0)
