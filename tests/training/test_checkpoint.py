"""Checkpoints: one whole one is always there, and a damaged or foreign one is named."""

from pathlib import Path

import pytest
import torch

from cut2next.film import WeightsError
from cut2next.training.checkpoint import load_checkpoint, save_checkpoint


def test_a_kill_between_two_renames_loses_nothing(tmp_path: Path) -> None:
    module = torch.nn.Linear(2, 2)
    save_checkpoint(tmp_path / "run", 5, {"layer": module}, {})
    (tmp_path / "run").rename(tmp_path / "run.old")
    other = torch.nn.Linear(2, 2)
    assert load_checkpoint(tmp_path / "run", {"layer": other}, {}) == 5
    torch.testing.assert_close(other.weight, module.weight)


@pytest.mark.parametrize("name", ["layer.safetensors", "run.json"])
def test_a_damaged_checkpoint_is_told(tmp_path: Path, name: str) -> None:
    save_checkpoint(tmp_path / "run", 5, {"layer": torch.nn.Linear(2, 2)}, {})
    (tmp_path / "run" / name).write_bytes(b"{")
    with pytest.raises(WeightsError, match="run: damaged, or of another run"):
        load_checkpoint(tmp_path / "run", {"layer": torch.nn.Linear(2, 2)}, {})


def test_a_checkpoint_of_something_else_is_told(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "run", 5, {"layer": torch.nn.Linear(2, 2)}, {})
    with pytest.raises(WeightsError, match="of another run"):
        load_checkpoint(tmp_path / "run", {"layer": torch.nn.Linear(2, 3)}, {})
