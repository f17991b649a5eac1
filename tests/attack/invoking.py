"""Runs `cut2next` in a process of its own that has loaded everything already, with a watchdog.

Forked from a process that did nothing but import, so that thousands of runs, or kills, are cheap; a
run is otherwise one from a shell: a folder to be in, two files that it writes to, an exit code.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Self

from cut2next.cli.main import main

_FORKED = get_context("forkserver")
_FORKED.set_forkserver_preload(["tests.attack.loaded"])

MEMORY = 8 << 30
"""Bytes that a run may map; what a hostile file asks for beyond them is refused by the system."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended."""

    code: int | None
    """None where its time was over and it was killed; -N where signal N ended it."""
    out: str
    err: str
    seconds: float


class Invocation:
    """A run of `cut2next ARGUMENTS` in a folder, from its start on."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """`before` is called in the process that runs; one of a module, found by its name."""
        self._files = [os.memfd_create(name) for name in ("stdout", "stderr")]
        written = [Path(f"/proc/{os.getpid()}/fd/{file}") for file in self._files]
        settings = (list(arguments), folder, written, dict(environment or {}), before)
        self._process: BaseProcess = _FORKED.Process(target=_run, args=settings)
        self._begun = time.perf_counter()
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.kill()
        self._process.join()
        for file in self._files:
            os.close(file)

    def kill(self, with_signal: int = signal.SIGKILL) -> None:
        """Sends a signal to it and all that it started, unless it has ended."""
        if self._process.is_alive() and self._process.pid is not None:
            try:
                os.killpg(self._process.pid, with_signal)
            except ProcessLookupError:  # it has not come so far as to have a group
                os.kill(self._process.pid, with_signal)

    def ended(self, within: float) -> Outcome:
        """How it ended; after so many seconds it is killed."""
        self._process.join(within)
        code = self._process.exitcode
        self.kill()
        self._process.join()
        seconds = time.perf_counter() - self._begun
        out, err = map(_contents, self._files)
        return Outcome(code=code, out=out, err=err, seconds=seconds)


def invoke(
    arguments: Sequence[str],
    folder: Path,
    *,
    within: float = 60,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """A run from its start to its end."""
    with Invocation(arguments, folder, environment) as run:
        return run.ended(within)


def _contents(file: int) -> str:
    return Path(f"/proc/self/fd/{file}").read_bytes().decode(errors="surrogateescape")


def _run(
    arguments: list[str],
    folder: Path,
    files: list[Path],
    environment: dict[str, str],
    before: Callable[[], None] | None,
) -> None:
    """What the forked process does."""
    os.setsid()
    for number, file in enumerate(files, 1):
        opened = os.open(file, os.O_WRONLY)
        os.dup2(opened, number)
        os.close(opened)
    # What the forked process writes to was opened by its parent.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    os.environ |= environment
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if before is not None:
        before()
    sys.argv = ["cut2next", *arguments]
    sys.exit(main(arguments))
