"""Checkpoints: one whole one is always there, and a damaged or foreign one is named."""

import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from cut2next.film import OutputError, WeightsError
from cut2next.film.locking import LOCK
from cut2next.film.scratch import PARTIAL
from cut2next.training.checkpoint import Checkpoints
from cut2next.training.optimizer import MasterOptimizer


def checkpoints(folder: Path, module: nn.Module, kept: int = 1) -> Checkpoints:
    return Checkpoints(folder, {"layer": module}, {}, kept)


def test_the_last_one_is_gone_on_from_and_the_ones_before_go(tmp_path: Path) -> None:
    module = nn.Linear(2, 2)
    there = checkpoints(tmp_path, module, kept=2)
    for step in (5, 9, 10):
        nn.init.constant_(module.weight, step)
        there.save(step)
    assert {path.name for path in tmp_path.iterdir()} == {"step-9", "step-10"}
    other = nn.Linear(2, 2)
    assert checkpoints(tmp_path, other).load() == 10
    assert other.weight.eq(10).all()
    shutil.rmtree(tmp_path / "step-10")
    assert checkpoints(tmp_path, other).load() == 9


def test_without_one_a_run_begins(tmp_path: Path) -> None:
    assert checkpoints(tmp_path / "nothing", nn.Linear(2, 2)).load() == 0


def test_one_that_cannot_be_written_leaves_those_that_there_are(tmp_path: Path) -> None:
    there = checkpoints(tmp_path, nn.Linear(2, 2))
    there.save(1)
    (tmp_path / "step-2").write_text("in the way")
    with pytest.raises(OutputError, match="step-2: is a file"):
        there.save(2)
    (tmp_path / "step-2").unlink()
    assert there.load() == 1


def test_what_a_kill_left_half_written_goes(tmp_path: Path) -> None:
    left = tmp_path / f".step-7{PARTIAL}"
    (left / "new").mkdir(parents=True)
    (left / LOCK).touch()
    with checkpoints(tmp_path, nn.Linear(2, 2)).locked():
        assert not left.exists()


@pytest.mark.parametrize("name", ["layer.safetensors", "run.json"])
def test_a_damaged_checkpoint_is_told(tmp_path: Path, name: str) -> None:
    there = checkpoints(tmp_path, nn.Linear(2, 2))
    there.save(5)
    (tmp_path / "step-5" / name).write_bytes(b"{")
    with pytest.raises(WeightsError, match="step-5: damaged, or of another run"):
        there.load()


def test_a_checkpoint_of_something_else_is_told(tmp_path: Path) -> None:
    checkpoints(tmp_path, nn.Linear(2, 2)).save(5)
    with pytest.raises(WeightsError, match="of another run"):
        checkpoints(tmp_path, nn.Linear(2, 3)).load()


@pytest.mark.parametrize("eight_bit", [False, True])
def test_an_optimizer_goes_on_as_it_would_have(tmp_path: Path, eight_bit: bool) -> None:
    def begin() -> tuple[nn.Linear, MasterOptimizer, Checkpoints]:
        torch.manual_seed(1)
        module = nn.Linear(128, 64)  # from 4096 numbers on they are kept in 8 bits
        optimizer = MasterOptimizer(module, learning_rate=0.1, eight_bit=eight_bit)
        masters = {"masters": nn.ParameterList(optimizer.masters)}
        return module, optimizer, Checkpoints(tmp_path, masters, optimizer.parts)

    def step(module: nn.Linear, optimizer: MasterOptimizer, number: int) -> None:
        torch.manual_seed(number)
        module(torch.randn(8, 128)).square().mean().backward()
        optimizer.step(1.0)

    whole, optimizer, _ = begin()
    for number in range(6):
        step(whole, optimizer, number)
    half, optimizer, there = begin()
    for number in range(3):
        step(half, optimizer, number)
    there.save(3)
    resumed, optimizer, there = begin()
    assert there.load() == 3
    optimizer.publish(optimizer.masters)
    for number in range(3, 6):
        step(resumed, optimizer, number)
    assert torch.equal(resumed.weight, whole.weight)
    assert not torch.equal(half.weight, whole.weight)
