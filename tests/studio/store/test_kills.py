"""Kills at any moment: what was promised is there, each job has ended once or goes on."""

import os
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from cut2next.studio.board import Board
from cut2next.studio.operations import apply
from cut2next.studio.store import State, Store


def _killed(folder: Path, project: Path, moment: random.Random) -> list[list[str]]:
    """What a process was promised until it was killed."""
    command = [sys.executable, "-m", "tests.studio.store.busy", str(folder)]
    environment = {**os.environ, "PYTHONPATH": f"{project / 'src'}:{project}"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=project, env=environment
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(moment.randrange(60))]
        time.sleep(moment.random() * 0.05)
        process.kill()
        lines += process.stdout.readlines()
    return [line.split() for line in lines if line.endswith("\n")]


def _check(folder: Path, promised: list[list[str]]) -> None:
    with closing(Store.open(folder)) as store:
        board = Board()
        for row in store.since(0):
            board = apply(board, row.operation)
        assert board == store.board
        versions = [int(told) for what, told in promised if what == "version"]
        assert max(versions, default=0) <= store.version
        jobs = {job.id: job for job in store.jobs()}
        assert {told for what, told in promised if what != "version"} <= jobs.keys()
        done = [job.id for job in jobs.values() if job.state is State.DONE]
        assert {told for what, told in promised if what == "finished"} <= set(done)
        assert sorted(done) == sorted(candidate.id for candidate in board.candidates)
        assert not store.jobs((State.RUNNING,))


@pytest.mark.parametrize(("kills", "seed"), [(2, 1), pytest.param(30, 2, marks=pytest.mark.slow)])
def test_nothing_promised_is_lost(kills: int, seed: int, tmp_path: Path, project: Path) -> None:
    moment, folder = random.Random(seed), tmp_path / "board"
    promised: list[list[str]] = []
    for _ in range(kills):
        promised += _killed(folder, project, moment)
        _check(folder, promised)
    assert len(promised) > kills
