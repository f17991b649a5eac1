"""Without a terminal long work tells how far it is in plain lines, and short work nothing."""

import re
import time
from collections.abc import Callable, Iterator

import pytest

from cut2next.cli import progress
from cut2next.cli.progress import Lines
from cut2next.cli.reporting import Report
from cut2next.cli.train.stages import show
from cut2next.recipes.progress import Progress

LINE = re.compile(r"training: \d+ of 3 steps after \d+ s(, loss 0\.5)?")


@pytest.fixture
def until(capsys: pytest.CaptureFixture[str]) -> Callable[[int], list[str]]:
    """Waits until so many lines are told in all, and returns them."""
    lines: list[str] = []

    def wait(count: int) -> list[str]:
        while len(lines) < count:
            time.sleep(0.002)
            lines.extend(capsys.readouterr().err.splitlines())
        return lines

    return wait


def test_long_work_is_told_of_as_it_goes_on_and_at_its_end(
    until: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "FIRST", 0.0)
    monkeypatch.setattr(progress, "NEXT", 600.0)
    with Lines((), "training", 3, "step") as bar:
        assert until(1)[0].startswith("training: 0 of 3 steps")
        bar.set_postfix(loss=0.5, refresh=False)
        bar.update(3)
    lines = until(2)
    assert lines[1].startswith("training: 3 of 3 steps")
    assert lines[1].endswith(", loss 0.5")
    assert all(LINE.fullmatch(line) for line in lines)


def test_nothing_need_be_done_for_a_line_to_come(
    until: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "FIRST", 0.0)
    monkeypatch.setattr(progress, "NEXT", 0.01)
    with Lines((), "", None, "film"):
        assert until(3)[2].startswith("0 films after")


def test_what_is_worked_through_is_counted(
    until: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "FIRST", 0.0)
    monkeypatch.setattr(progress, "NEXT", 600.0)
    for letter in Lines("abc", "training", 3, "step"):
        if letter == "b":
            until(1)
    assert until(2)[1].startswith("training: 3 of 3 steps")


def test_short_work_and_what_is_to_be_quiet_is_not_told_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(Lines("abc", "", 3, "step")) == ["a", "b", "c"]
    monkeypatch.setattr(progress, "FIRST", 0.0)
    with Lines((), "", 3, "step", silent=True):
        time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_work_that_a_command_has_left_is_told_of_no_more_once_it_has_ended(
    until: Callable[[int], list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "FIRST", 0.0)
    monkeypatch.setattr(progress, "NEXT", 0.01)
    report = Report()
    left = iter(report.progress("abc", total=3))
    assert next(left) == "a"
    until(2)
    report.end()
    time.sleep(0.05)
    capsys.readouterr()  # what was on its way
    time.sleep(0.05)
    left.close()
    assert capsys.readouterr().err == ""


def test_a_stage_that_is_through_is_told_of_no_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes next may take minutes before its own first step, compiling or encoding."""
    monkeypatch.setattr(progress, "FIRST", 0.0)
    monkeypatch.setattr(progress, "NEXT", 0.001)

    def stages() -> Iterator[Progress]:
        yield Progress("encoding", 1, 2)
        time.sleep(0.05)
        yield Progress("encoding", 2, 2)
        told = capsys.readouterr().err.splitlines()
        assert told[-1].startswith("encoding: 2 of 2 steps")
        time.sleep(0.05)
        assert capsys.readouterr().err == ""
        yield Progress("learning", 1, 1)

    show(stages(), Report())
