import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cut2next import __version__
from cut2next.cli import main as cli
from cut2next.film import InputError


@dataclass
class Fake:
    """A command whose run does what a test says."""

    does: Callable[[], None]
    NAME: str = "fake"
    HELP: str = "does what a test says"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--count", type=int)

    def run(self, args: argparse.Namespace) -> None:
        self.does()


@pytest.fixture
def run_fake(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], int]:
    """Runs `cut2next fake`, and returns the exit code."""

    def run(does: Callable[[], None]) -> int:
        monkeypatch.setattr(cli, "COMMANDS", (Fake(does),))
        return cli.main(["fake"])

    return run


def _raise(error: BaseException) -> Callable[[], None]:
    def does() -> None:
        raise error

    return does


def test_a_command_that_succeeds_exits_with_0(
    run_fake: Callable[[Callable[[], None]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_fake(lambda: print("done")) == 0
    assert capsys.readouterr() == ("done\n", "")


def test_an_error_of_ours_is_one_line_and_exit_code_2(
    run_fake: Callable[[Callable[[], None]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    error = InputError("two\nlines", expected="one", hint="take one away")
    assert run_fake(_raise(error)) == 2
    assert capsys.readouterr() == ("", "cut2next: two lines; expected one; take one away\n")


def test_an_interruption_is_quiet(
    run_fake: Callable[[Callable[[], None]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_fake(_raise(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "cuts"), "cuts: Permission denied"),
        (OSError(28, "No space left on device"), "a file: No space left on device"),
    ],
)
def test_what_a_disk_refuses_is_one_line(
    error: OSError,
    said: str,
    run_fake: Callable[[Callable[[], None]], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_fake(_raise(error)) == 2
    assert capsys.readouterr().err.startswith(f"cut2next: {said}; expected ")


def test_a_defect_is_not_hidden(run_fake: Callable[[Callable[[], None]], int]) -> None:
    with pytest.raises(ZeroDivisionError):
        run_fake(_raise(ZeroDivisionError()))
    with pytest.raises(FileNotFoundError):  # what is not there, nobody should have opened
        run_fake(_raise(FileNotFoundError(2, "No such file or directory", "cuts")))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND"),
        (["no-such-command"], "no-such-command"),
        (["explain", "--no-such-option"], "--no-such-option"),
        (["explain", "--tab", "paper"], "--tab"),
        (["explain", "two\nlines"], "two lines"),
        (["explain", "--table"], "--table"),
    ],
)
def test_what_cannot_be_parsed_is_refused_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(arguments)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"cut2next.*: .+; see cut2next.* --help\n", err)
    assert said in err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"cut2next {__version__}\n"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    for command in cli.COMMANDS:
        assert f"\n    {command.NAME}" in text


@pytest.mark.parametrize("command", [command.NAME for command in cli.COMMANDS])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main([command, "--help"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: cut2next {command}")


def test_help_loads_nothing_heavy() -> None:
    asked = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "from cut2next.cli.main import main; main(['--help'])"
    )
    listing = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    loaded = set(listing.stderr.split())
    assert "cut2next.cli.main" in loaded
    heavy = {"torch", "numpy", "numba", "diffusers", "transformers", "datasets", "skimage"}
    assert not loaded & heavy


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_is_quiet(unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    asked = "import sys; from cut2next.cli.main import main; sys.exit(main(['explain']))"
    try:
        ended = subprocess.run(
            [sys.executable, "-c", asked],
            stdout=writer,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (cli.NOBODY_READS, b"")
