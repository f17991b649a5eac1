"""Processes that work for this one: spawned, left alone by Ctrl-C, and never left behind."""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
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
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes. Raises InputError when one of them is killed, for want of memory say.

    They are spawned, since whoever calls may have threads, which a fork would cut short.
    """
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=start_worker)
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


def start_worker() -> None:
    """Leaves Ctrl-C to the process that started this one, and ends when that one is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
