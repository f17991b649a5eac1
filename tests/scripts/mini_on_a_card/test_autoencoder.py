"""The autoencoder learns for as long as it may, and is written with its scale."""

from itertools import count
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from scripts.mini_on_a_card import deadline
from scripts.mini_on_a_card.autoencoder import AutoencoderTraining
from scripts.mini_on_a_card.deadline import Deadline

from cut2next.recipes.mini.autoencoder import AutoencoderRun
from cut2next.recipes.mini.recipe import read_autoencoder


def test_it_learns_until_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setattr(deadline, "monotonic", lambda: next(ticks))  # a second at every look
    colors = torch.randint(256, (3, 10, 4, 4, 3), generator=torch.Generator().manual_seed(0))
    pictures = colors.repeat_interleave(16, dim=2).repeat_interleave(16, dim=3)
    reel = {"pictures": pictures.to(torch.uint8), "kinds": torch.zeros(3, 10, 64, 64).byte()}
    save_file(reel, tmp_path / "reel-0.safetensors")
    until = Deadline(0, 30)
    training = AutoencoderTraining(
        run=AutoencoderRun(batch=2, crop=32),
        start=None,
        reels=tmp_path,
        first=1,
        out=tmp_path / "vae",
        device="cpu",
        deadline=until,
        latest=until,
    )
    told = training.train()
    assert 10 < told["autoencoder steps"] < 20  # which look twice each
    assert told["psnr before"] > 15
    assert read_autoencoder(tmp_path / "vae").config["scaling_factor"] != 1
