"""Processes of this machine."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from cut2next.data.engines.work import Outcome, Work
from cut2next.data.shards import Stretch
from cut2next.soundstage.production import start_worker


def run_locally(
    work: Work, stretches: Sequence[Stretch], *, workers: int | None = None
) -> Iterator[Outcome]:
    """Does the work with so many processes, by default one a processor.

    A film that ends the process it is read in, for want of memory say, fails alone.
    """
    count = min(workers or len(os.sched_getaffinity(0)), len(stretches))
    if count < 2:
        yield from map(work.do, stretches)
        return
    left = set(range(len(stretches)))
    try:
        for at, outcome in _pooled(work, list(enumerate(stretches)), count):
            left.remove(at)
            yield outcome
    except BrokenProcessPool:
        for at in sorted(left):
            yield _alone(work, stretches[at])


def _pooled(
    work: Work, numbered: list[tuple[int, Stretch]], count: int
) -> Iterator[tuple[int, Outcome]]:
    # Spawned, since whoever calls may have threads, which a fork would cut short.
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_start)
    try:
        jobs: dict[Future[Outcome], int] = {
            pool.submit(work.do, stretch): at for at, stretch in numbered
        }
        for job in as_completed(jobs):
            yield jobs[job], job.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _start() -> None:
    """One thread for each process; scorers load torch only after this."""
    os.environ["OMP_NUM_THREADS"] = "1"
    start_worker()


def _alone(work: Work, stretch: Stretch) -> Outcome:
    """In a process of its own: if it ends that, it is the one."""
    try:
        ((_, outcome),) = _pooled(work, [(0, stretch)], 1)
    except BrokenProcessPool:
        return Outcome(stretch, f"{stretch.film.path}: ended the process that was reading it")
    return outcome
