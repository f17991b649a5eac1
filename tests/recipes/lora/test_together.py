"""Two processes that a launcher starts learn what one learns, and one goes on from theirs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tests.recipes.lora.runs import LORA, lora_of

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).with_name("together.py")
ALONE = [sys.executable]
LAUNCH = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
LAUNCH += ["--num_machines", "1", "--dynamo_backend", "no", "--mixed_precision", "no"]
LAUNCH += ["--main_process_port", "0"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def by(launcher: list[str], *words: object) -> str:
    """Runs the script by a launcher; what it told."""
    paths = os.pathsep.join([str(Path.cwd()), *sys.path])
    ended = subprocess.run(
        [*launcher, str(SCRIPT), *map(str, words)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def losses(folder: Path) -> list[float]:
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [line.get("loss", line.get("validation_loss")) for line in lines]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, model: Path, cuts: Path) -> Path:
    folder = tmp_path_factory.mktemp("alone") / "run"
    by(ALONE, model, cuts, folder)
    return folder


@pytest.mark.parametrize(
    ("launcher", "more"), [(LAUNCH, []), (TORCHRUN, ["--sharded"])], ids=["accelerate", "torchrun"]
)
def test_two_processes_learn_what_one_learns(
    launcher: list[str], more: list[str], alone: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    told = by(launcher, model, cuts, tmp_path, *more)
    assert told.count("4 cuts to learn from, 1 held out") == 1
    assert losses(tmp_path) == pytest.approx(losses(alone), rel=2e-3)
    expected, found = lora_of(alone), lora_of(tmp_path)
    assert found.keys() == expected.keys()
    ups = [name for name in expected if "lora_B" in name]
    apart = sum(float((found[n].float() - expected[n].float()).abs().mean()) for n in ups)
    moved = sum(float(expected[n].float().abs().mean()) for n in ups)
    assert apart < 0.1 * moved
    assert not torch.equal(torch.tensor(moved), torch.tensor(0.0))
    (tmp_path / LORA).unlink()
    by(ALONE, model, cuts, tmp_path, *more)  # one process takes over, and only writes
    assert all(torch.equal(lora_of(tmp_path)[name], tensor) for name, tensor in found.items())


def test_processes_that_share_a_model_pass_alike_whatever_number_of_earlier_shots_they_draw(
    model: Path, cuts: Path, tmp_path: Path
) -> None:
    """Under the paper's table, where an earlier shot can be kept and the current one cannot."""
    paper = shutil.copytree(model, tmp_path / "paper")
    index = paper / "model_index.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), "table": "paper"}))
    more = ("--earlier-shots", "2", "--steps", "6")
    by(ALONE, paper, cuts, tmp_path / "alone", *more)
    by(TORCHRUN, paper, cuts, tmp_path / "shared", "--sharded", *more)
    assert losses(tmp_path / "shared") == pytest.approx(losses(tmp_path / "alone"), rel=2e-3)
