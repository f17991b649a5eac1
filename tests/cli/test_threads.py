"""Threads are as many as processors are free, unless a person says how many."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cut2next.cli import main as cli
from cut2next.cli import threads
from cut2next.cli.threads import free_processors


@pytest.mark.parametrize(
    ("own", "everywhere", "running", "free"),
    [
        (2, 2, 0, 2),
        (2, 2, 1, 1),
        (2, 2, 9, 1),
        (1, 64, 0, 1),
        (16, 16, 4, 12),
        (8, 64, 32, 4),  # others are anywhere, so half of ours is theirs
        (8, 64, 0, 8),
    ],
)
def test_what_others_use_is_not_free(own: int, everywhere: int, running: int, free: int) -> None:
    assert free_processors(own, everywhere, running) == free


def test_who_runs_is_looked_up_several_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = tmp_path / "loadavg"
    monkeypatch.setattr(threads, "_LOAD", load)
    assert threads.running_elsewhere() == 0
    load.write_text("0.50 2.00 1.00 4/321 9999\n")
    assert threads.running_elsewhere() == 3


def test_a_busy_neighbour_is_seen() -> None:
    asked = "while True: pass"
    neighbours = [subprocess.Popen([sys.executable, "-c", asked]) for _ in range(3)]
    try:
        assert any(threads.running_elsewhere() >= 2 for _ in range(100))
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()


@pytest.mark.parametrize(("asked", "chosen"), [(None, "1"), ("", "1"), ("7", "7")])
def test_a_command_computes_with_what_is_free_or_asked_for(
    asked: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "running_elsewhere", lambda: 10_000)
    monkeypatch.delenv(threads.ASKED)
    if asked is not None:
        monkeypatch.setenv(threads.ASKED, asked)
    assert cli.main(["explain", "--json"]) == 0
    assert os.environ[threads.ASKED] == chosen
