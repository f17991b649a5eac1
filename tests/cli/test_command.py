"""What help shows of a command: a name to type, and a line that goes on from it."""

import pytest

from cut2next.cli import data
from cut2next.cli.command import Command
from cut2next.cli.main import COMMANDS

EVERY = [*COMMANDS, *data.COMMANDS]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.NAME)
def test_a_command_has_a_name_and_a_line_of_help(command: Command) -> None:
    assert command.NAME.isalpha()
    assert command.NAME.islower()
    assert command.HELP[0].islower()
    assert not command.HELP.endswith(".")
    assert len(command.HELP.splitlines()) == 1
