"""A process whose streams are full or closed, as a shell starts one."""

import subprocess
import sys

import pytest

ASKED = "import sys; from cut2next.cli.main import main; sys.exit(main(sys.argv[1:]))"
FULL = "cut2next: standard output cannot be written (No space left on device); expected "
CLOSED = "cut2next: standard output is closed; expected "


def _ended(command: str, streams: str, *, unbuffered: str = "") -> tuple[int, str, str]:
    shell = f'PYTHONUNBUFFERED={unbuffered} exec "$0" -c "$1" {command} {streams}'
    ended = subprocess.run(
        ["sh", "-c", shell, sys.executable, ASKED],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["explain", "explain --json", "--help", "--version"])
def test_a_full_disk_is_told_in_one_line(command: str, unbuffered: str) -> None:
    code, _, err = _ended(command, "> /dev/full", unbuffered=unbuffered)
    assert (code, err.count("\n"), err[: len(FULL)]) == (2, 1, FULL)


@pytest.mark.parametrize("command", ["explain", "--help"])
def test_a_closed_stdout_is_told_in_one_line(command: str) -> None:
    code, _, err = _ended(command, ">&-")
    assert (code, err.count("\n"), err[: len(CLOSED)]) == (2, 1, CLOSED)


@pytest.mark.parametrize("stderr", ["2>&-", "2> /dev/full"])
def test_without_stderr_results_are_told_and_refusals_have_their_code(stderr: str) -> None:
    code, out, err = _ended("explain --table closed", stderr)
    assert (code, err) == (0, "")
    assert "closed" in out
    for refused in ("explain --table no-such", "explain --no-such"):
        assert _ended(refused, stderr) == (2, "", "")


def test_a_file_is_never_taken_for_a_stream_that_was_closed() -> None:
    asked = (
        "import os, sys; from cut2next.cli.streams import open_streams; open_streams();"
        "file = open('/proc/self/stat'); sys.exit(file.fileno() < 3)"
    )
    shell = 'exec "$0" -c "$1" <&- 2>&-'
    assert subprocess.run(["sh", "-c", shell, sys.executable, asked], check=False).returncode == 0
