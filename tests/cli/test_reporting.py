"""Every command tells the same facts as one JSON object, and is quiet when it is asked to be."""

import json
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import run
from tests.cuts.sample import found
from tests.cuts.test_validation import write

from cut2next.cli.reporting import Report

COMMANDS: dict[str, set[str]] = {
    "explain": {"table", "segments"},
    "experiments --list": {"questions", "done"},
    "plan --vram 8": {"model", "table", "fits", "room_bytes", "chosen"},
    "lora info lora.safetensors": {"matrices", "rank", "scale", "table"},
    "lora convert lora.safetensors --to kohya -o kohya.safetensors": {"outputs"},
    "data stats cuts": {"cuts", "shots", "scores"},
    "data validate cuts": {"cuts", "faults"},
    "data show cuts 0": {"film", "patterns", "made_by"},
    "data filter cuts": {"cuts", "kept", "left_out"},
    "data split cuts --test 0.5": {"train", "test"},
    "data export cuts plain": {"outputs", "cuts"},
    "data merge cuts --out merged": {"folder", "cuts"},
    "data report cuts": {"cuts", "kept", "outputs"},
    "data curate cuts": {"proposed", "undecided", "outputs"},
}
"""Each, and some of what it tells."""


@pytest.fixture
def desk(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a set and a LoRA in it."""
    formats = project / "tests" / "formats"
    shutil.copytree(formats / "cuts-2", tmp_path / "cuts")
    shutil.copy(formats / "lora-1.safetensors", tmp_path / "lora.safetensors")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("command", COMMANDS)
def test_results_are_one_json_object_and_nothing_else(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command.split(), "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out).keys() >= COMMANDS[command]
    assert err == ""


@pytest.mark.usefixtures("desk")
def test_json_and_quiet_may_stand_before_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for words in ("--json --quiet data stats cuts", "data --json stats --quiet cuts"):
        assert run(*words.split()) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]


def test_what_is_wrong_is_in_the_object_though_the_command_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = found(0)
    folder = write(tmp_path / "cuts", replace(record, next=replace(record.next, image=b"no")))
    assert run("data", "validate", str(folder), "--json") == 2
    out, err = capsys.readouterr()
    (fault,) = json.loads(out)["faults"]
    assert "row 0" in fault
    assert err.count("\n") == 1


def test_lists_are_joined_and_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    def tell(report: Report) -> str:
        report.say("first", outputs=["a"])
        report.say("second", outputs=["b"], cuts=2)
        report.note("by the way\x1b[2J")
        report.end()
        return "".join(capsys.readouterr())

    assert tell(Report()) == "first\nsecond\ncut2next: by the way [2J\n"
    assert json.loads(tell(Report(as_json=True, quiet=True))) == {"outputs": ["a", "b"], "cuts": 2}


class Terminal:
    """What tqdm draws on."""

    def __init__(self) -> None:
        self.drawn = ""

    def write(self, text: str) -> None:
        self.drawn += text

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("quiet", "drawn"), [(False, True), (True, False)])
def test_a_terminal_has_a_bar_and_lines_stand_above_it(
    quiet: bool, drawn: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    report = Report(quiet=quiet)
    worked: Sequence[Any] = []
    for number in report.progress(range(3), "reading", 3):
        report.say(number)
        worked = [*worked, number]
    assert list(worked) == [0, 1, 2]
    assert capsys.readouterr().out == "0\n1\n2\n"
    assert bool(re.search(r"reading: 100%.*3/3", terminal.drawn)) == drawn
    assert report.shows_bars == drawn
