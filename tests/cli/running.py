"""The command line run in this process, as a shell would see it."""

from pathlib import Path

import pytest

from cut2next.cli.main import main
from cut2next.film import IndividualPrompt

PROMPT = IndividualPrompt(summary="red fox on grass")
"""What `current.png` on a `desk` says of itself."""


def run(*arguments: str) -> int:
    """The exit code, which the parser raises and commands return."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr of a command that is refused."""
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def leaves_nothing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a command that is refused; but for a file `taken`, its folder was empty."""
    Path("taken").write_text("a file")
    error = refused(arguments, capsys)
    assert [path.name for path in Path().iterdir()] == ["taken"]
    return error
