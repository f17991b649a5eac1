"""Processes of this machine."""

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from cut2next.film.workers import processors, start_worker
from cut2next.films.engines.work import StretchOutcome, Work
from cut2next.films.shards import Stretch


def run_locally(
    work: Work, stretches: Sequence[Stretch], *, workers: int | None = None
) -> Iterator[StretchOutcome]:
    """Does the work with so many processes, by default one a processor.

    A film that ends the process it is read in, for want of memory say, fails alone.
    """
    count = min(workers or processors(), len(stretches))
    if count < 2:
        yield from map(work.do, stretches)
        return
    waiting = deque(stretches)
    while waiting:
        # One of those that were under way when a process ended has ended it.
        suspects: list[Stretch] = []
        yield from _pooled(work, waiting, count, suspects)
        yield from (_alone(work, stretch) for stretch in suspects)


def _pooled(
    work: Work, waiting: deque[Stretch], count: int, suspects: list[Stretch]
) -> Iterator[StretchOutcome]:
    """Takes from what waits, no more at once than there are processes, until one of them ends."""
    # Spawned, since whoever calls may have threads, which a fork would cut short.
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_start)
    jobs: dict[Future[StretchOutcome], Stretch] = {}
    try:
        while waiting or jobs:
            while waiting and len(jobs) < count:
                stretch = waiting.popleft()
                jobs[pool.submit(work.do, stretch)] = stretch
            for job in wait(jobs, return_when=FIRST_COMPLETED).done:
                outcome = job.result()
                del jobs[job]
                yield outcome
    except BrokenProcessPool:
        suspects.extend(jobs.values())
    finally:
        pool.shutdown(cancel_futures=True)


def _start() -> None:
    """One thread for each process; scorers load torch only after this."""
    os.environ["OMP_NUM_THREADS"] = "1"
    start_worker()
    # A stretch takes minutes, and leaves nothing half done: Ctrl-C need not wait for its end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _alone(work: Work, stretch: Stretch) -> StretchOutcome:
    """In a process of its own: if it ends that, it is the one."""
    ended: list[Stretch] = []
    for outcome in _pooled(work, deque([stretch]), 1, ended):
        return outcome
    return StretchOutcome(stretch, f"{stretch.film.path}: ended the process that was reading it")
