"""A run in two processes is the run in one: whole in each, sharded, killed, gone on with in one."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.training.spread import RUN, run
from torch import Tensor

SCRIPT = Path(__file__).with_name("spread.py")


def in_two_processes(folder: Path, how: str, steps: int = RUN.steps) -> dict[str, Tensor]:
    """What two processes of gloo leave behind."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(exist_ok=True)
    paths = os.pathsep.join([str(Path.cwd()), *sys.path])
    settings = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    common = {**os.environ, **settings, "PYTHONPATH": paths, "ACCELERATE_USE_CPU": "true"}
    command = [sys.executable, str(SCRIPT), str(folder), how, str(steps)]
    processes = [
        subprocess.Popen(
            command,
            env={**common, "RANK": rank, "LOCAL_RANK": rank},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
    finally:  # the other one waits for it
        for process in processes:
            process.kill()
            process.communicate()
    return load_file(folder / "2.safetensors")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """What one process leaves behind."""
    folder = tmp_path_factory.mktemp("alone")
    run(folder, shard=False, steps=RUN.steps)
    return load_file(folder / "1.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["whole", "sharded"])
def test_two_processes_learn_what_one_learns(
    alone: dict[str, Tensor], tmp_path: Path, how: str
) -> None:
    together = in_two_processes(tmp_path, how)
    assert together.keys() == alone.keys()
    torch.testing.assert_close(together["losses"], alone["losses"], rtol=1e-5, atol=0)
    for name, tensor in alone.items():
        torch.testing.assert_close(together[name], tensor, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_one_process_goes_on_from_a_checkpoint_of_two(
    alone: dict[str, Tensor], tmp_path: Path
) -> None:
    in_two_processes(tmp_path, "sharded", steps=2)
    rest = run(tmp_path, shard=False, steps=RUN.steps)
    assert [step.number for step in rest] == [3, 4]
    losses = torch.tensor([step.loss for step in rest])
    torch.testing.assert_close(losses, alone["losses"][2:], rtol=1e-5, atol=0)
