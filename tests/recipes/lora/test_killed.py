"""Runs killed at any moment end as if nothing had happened; those asked to stop have saved all."""

import json
import os
import random
import signal
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from tests.recipes.lora.killed import STEPS, arguments, begun
from tests.recipes.lora.runs import LORA

from cut2next.training.checkpoint import steps_done
from cut2next.training.metrics import validations

pytestmark = pytest.mark.slow
KILLS = 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, model: Path, cuts: Path) -> Path:
    """What a run leaves that nothing happens to."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    process = begun(folder.with_name("log"), *arguments(model, cuts, folder))
    process.join()
    assert process.exitcode == 0, folder.with_name("log").read_text()
    return folder


def figures(folder: Path) -> list[dict[str, float]]:
    """What every step said, but for the time that it took."""
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [{name: x for name, x in line.items() if "second" not in name} for line in lines]


def test_twenty_kills_at_random_moments_change_nothing(
    whole: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    chance, kills, finished, at = random.Random(7), 0, 0, set[int]()
    while kills < KILLS or not finished:
        folder, log = tmp_path / f"run{finished}", tmp_path / "log"
        saved = steps_done(folder / "checkpoints")
        process = begun(log, *arguments(model, cuts, folder))
        if kills < KILLS:
            run_until(folder, saved + chance.randint(0, 2), process)
            process.join(chance.uniform(0, 0.5))
        else:
            process.join()
        if process.exitcode is None:
            process.kill()
            process.join()
            kills += 1
            at.add(steps_done(folder / "checkpoints"))
            assert steps_done(folder / "checkpoints") >= saved
            continue
        assert process.exitcode == 0, log.read_text()
        assert same_weights(folder, whole)
        ours, theirs = figures(folder), figures(whole)
        assert ours[-1] == theirs[-1]
        assert validations(folder) == validations(whole)
        finished += 1
    assert len(at) > 3  # moments were of many kinds


def run_until(folder: Path, steps: int, process: BaseProcess) -> None:
    """By what is saved and not by the clock: how long a start takes, the machine's load decides."""
    while steps_done(folder / "checkpoints") < steps and process.exitcode is None:
        process.join(0.01)


def same_weights(folder: Path, other: Path) -> bool:
    """To the byte; the header has a date."""

    def weights(path: Path) -> bytes:
        data = path.read_bytes()
        return data[8 + int.from_bytes(data[:8], "little") :]

    return weights(folder / LORA) == weights(other / LORA)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_asked_to_stop_says_so_in_one_line(
    number: signal.Signals, code: int, whole: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    folder, log = tmp_path / "run", tmp_path / "log"
    process = begun(log, "--quiet", *arguments(model, cuts, folder))
    run_until(folder, 1, process)
    os.kill(process.pid or 0, number)
    process.join()
    assert process.exitcode == code
    (line,) = log.read_text().splitlines()
    done = steps_done(folder / "checkpoints")
    assert line == (
        f"cut2next: stopped by {number.name} after step {done}; the same command goes on"
    )
    assert 0 < done < STEPS
    again = begun(log, *arguments(model, cuts, folder))
    again.join()
    assert again.exitcode == 0
    assert same_weights(folder, whole)
