"""The three streams of a process: there, whatever it was started with, and told of in one line.

A full disk under stdout, and a stdout that was closed, are refused; who closed stderr, or put it on
a full disk, wants to read nothing of it.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from cut2next.film import OutputError


def open_streams() -> None:
    """Has all three open, so that no file which is opened later is taken for one of them.

    Raises OutputError for a stdout that is closed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    closed = sys.stdout is None
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    if closed:
        raise _refused("is closed")
    # Where the terminal's encoding lacks a sign of ours, a question mark rather than an error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


@contextmanager
def told() -> Iterator[None]:
    """For whatever writes to stdout; raises OutputError when its disk is full."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard(sys.stdout)
        raise _refused(f"cannot be written ({error.strerror})") from error


def tell_beside(text: str) -> None:
    """To stderr, if there is a way: what is told there is no result."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def discard(stream: IO[str]) -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _refused(got: str) -> OutputError:
    return OutputError(
        f"standard output {got}",
        expected="somewhere to tell results",
        hint="send it elsewhere, for example to /dev/null",
    )
