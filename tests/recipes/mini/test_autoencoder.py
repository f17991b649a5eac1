"""Training the autoencoder: the code it begins with, and a kill loses nothing."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from cut2next.backbones.mini import architecture
from cut2next.recipes.mini.autoencoder import (
    AutoencoderRun,
    PrincipalComponents,
    to_model,
    train_autoencoder,
)
from cut2next.soundstage.rushes import Rushes


def test_the_first_code_is_uncorrelated_and_of_what_varies_most() -> None:
    chance = np.random.default_rng(0)
    coarse = chance.integers(0, 256, (40, 8, 8, 3)).astype(np.uint8)
    pictures = to_model(coarse.repeat(8, axis=1).repeat(8, axis=2))  # every 8×8 block is one color
    code = PrincipalComponents(pictures, 4)(pictures)
    assert code.shape == (40, 4, 8, 8)
    values = code.permute(1, 0, 2, 3).flatten(1)
    covariance = torch.cov(values)
    torch.testing.assert_close(covariance, covariance.diagonal().diag(), atol=1e-3, rtol=0)
    assert covariance[3, 3] < 1e-3 * covariance[2, 2]  # three colors are all that varies


def test_bytes_become_floats_around_zero_channels_first() -> None:
    pictures = np.zeros((1, 2, 3, 3), np.uint8)
    pictures[0, 1, 2] = (255, 0, 255)
    made = to_model(pictures)
    assert made.shape == (1, 3, 2, 3)
    assert made[0, :, 1, 2].tolist() == [1, -1, 1]


def test_a_killed_autoencoder_goes_on_as_if_nothing_had_happened(
    rushes: Rushes, tmp_path: Path
) -> None:
    pictures = np.repeat(np.concatenate([rushes.reel(0)[0], rushes.reel(1)[0]]), 13, axis=0)
    run = AutoencoderRun(steps=4, batch=2, crop=32, checkpoint_every=2, taught=2)

    def start(folder: Path) -> tuple[torch.nn.Module, Iterator[tuple[int, float]]]:
        torch.manual_seed(0)
        model = architecture.autoencoder()
        return model, train_autoencoder(model, pictures, run, folder)

    unbroken, steps = start(tmp_path / "unbroken")
    losses = [loss for _, loss in steps]
    _, steps = start(tmp_path / "killed")
    list(islice(steps, 3))
    resumed, steps = start(tmp_path / "killed")
    assert [loss for _, loss in steps] == pytest.approx(losses[2:], abs=0)
    for whole, gone_on in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(whole, gone_on, rtol=0, atol=0)
