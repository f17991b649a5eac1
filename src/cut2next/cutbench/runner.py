"""Runs a benchmark: every contender on every held-out case, judged as soon as it is made."""

import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from cut2next.cutbench.cases import Case, HeldOut
from cut2next.cutbench.contenders import Contender
from cut2next.cutbench.judge import Judge, Verdict
from cut2next.film import Cut


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """One case, with what each contender made of it and the verdict on that."""

    cut: Cut
    made: Mapping[str, Image.Image]
    verdicts: Mapping[str, Verdict]


def run(
    held_out: HeldOut,
    contenders: Mapping[str, Contender],
    *,
    batch: int = 8,
    workers: int | None = None,
) -> Iterator[Judged]:
    """Every case in order; contenders get `batch` cuts at a time, `workers` threads judge.

    There are as many threads as processors, unless told otherwise; threads, because nearly all of
    judging is ray casting, which lets other threads run. Raises InputError when a contender makes
    pictures of another size.
    """
    pool = ThreadPoolExecutor(workers or len(os.sched_getaffinity(0)))
    waiting: deque[Future[Judged]] = deque()
    try:
        for first in range(0, held_out.count, batch):
            numbers = range(first, min(first + batch, held_out.count))
            cases = [held_out.case(number) for number in numbers]
            for case, made in zip(cases, _made(cases, contenders), strict=True):
                waiting.append(pool.submit(_judged, case, made))
            while len(waiting) > batch:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _made(cases: list[Case], contenders: Mapping[str, Contender]) -> list[dict[str, Image.Image]]:
    """By case, each contender's next shot."""
    cuts = [case.cut for case in cases]
    shots = {name: contender(cuts) for name, contender in contenders.items()}
    return [{name: shots[name][at] for name in shots} for at in range(len(cases))]


def _judged(case: Case, made: Mapping[str, Image.Image]) -> Judged:
    judge = Judge(case)
    verdicts = {name: judge.verdict(image) for name, image in made.items()}
    return Judged(cut=case.cut, made=made, verdicts=verdicts)
