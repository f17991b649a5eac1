"""Processes that work for this one: spawned, left alone by Ctrl-C, and never left behind."""

import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from errno import ENOENT
from multiprocessing import get_context, parent_process
from os import strerror
from pathlib import Path
from threading import Thread
from typing import TypeVar

from cut2next.film.errors import InputError

Result = TypeVar("Result")


_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux tells a container how long it may compute in a period, both in microseconds."""


def processors() -> int:
    """How many processors there are for this process, by its affinity and its container's quota."""
    own = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):  # no container, or "max"
        quota, period = map(int, _QUOTA.read_text().split())
        own = max(1, min(own, quota // period))
    return own


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """So many processes. Raises InputError when one of them is killed, for want of memory say.

    They are spawned, since whoever calls may have threads, which a fork would cut short. A single
    one is a thread of this process, which has loaded all that a new one would have to.
    """
    pool: Executor = (
        ThreadPoolExecutor(1)
        if workers == 1
        else ProcessPoolExecutor(workers, get_context("spawn"), initializer=start_worker)
    )
    try:
        yield pool
    except BrokenProcessPool as error:
        raise InputError(
            f"one of {workers} processes was ended from outside",
            expected="memory for all of them",
            hint="ask for fewer workers",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def in_order(jobs: Iterable[Future[Result]], ahead: int) -> Iterator[Result]:
    """What jobs give, in their order; each is taken from `jobs` at most `ahead` before its turn."""
    waiting: deque[Future[Result]] = deque()
    for job in jobs:
        waiting.append(job)
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


# In a session of its own, so that whatever ends this process cannot end it as well.
_GUARD = """
import os, shutil, signal, subprocess, sys, threading
folder, *words = sys.argv[1:]
try:
    program = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)
except OSError as error:  # no program, or for another machine
    sys.exit(error.strerror)
def end():
    try: os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError: pass
ending = threading.Lock()  # by one thread: else the program's end would cut the clearing short
def watch():
    os.read(0, 1)
    ending.acquire()
    end()
    if folder: shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
code = program.wait()
ending.acquire()
end()
os._exit(code if code >= 0 else 128 - code)
"""


def run_program(
    words: Sequence[str], *, folder: Path | None = None, seconds: float | None = None
) -> "subprocess.CompletedProcess[bytes]":
    """Runs a program to its end, and keeps what it writes; nothing of it is ever left behind.

    What it began ends with it, and all of it when this process ends, however that happens; then its
    `folder` goes too. The exit code is as a shell tells it. Raises OSError where it cannot be run,
    TimeoutExpired after so many seconds.
    """
    if (path := shutil.which(words[0])) is None:
        raise FileNotFoundError(ENOENT, strerror(ENOENT), words[0])
    watched, held = os.pipe()  # the guard sees it close when this process ends
    guard = [sys.executable, "-ISc", _GUARD, str(folder or ""), path, *words[1:]]
    told = subprocess.PIPE
    try:
        with subprocess.Popen(
            guard, stdin=watched, stdout=told, stderr=told, start_new_session=True
        ) as process:
            try:
                out, err = process.communicate(timeout=seconds)
            finally:
                os.close(held)
    finally:
        os.close(watched)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def start_worker() -> None:
    """Leaves Ctrl-C to the process that started this one, and ends when that one is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
