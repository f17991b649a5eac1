"""`cut2next data`: a subcommand for each step, in the order of the work."""

import pytest
from tests.cli.running import refused, run

from cut2next.cli.command import Command
from cut2next.cli.data import COMMANDS


def test_help_lists_every_step_in_the_order_of_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("data", "--help") == 0
    text = capsys.readouterr().out
    places = [text.index(f"\n    {command.NAME} ") for command in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_every_step_has_help(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("data", command.NAME, "--help") == 0
    assert capsys.readouterr().out.startswith(f"usage: cut2next data {command.NAME}")


def test_a_step_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "required: COMMAND" in refused(["data"], capsys)
    assert "'paint'" in refused(["data", "paint"], capsys)
