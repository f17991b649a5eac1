"""Runs a benchmark: every contender on every case, judged by every metric as soon as it is made.

Knows no benchmark: cases and metrics are given.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from PIL import Image

from cut2next.cutbench.cases import Case
from cut2next.cutbench.contenders import Contender
from cut2next.cutbench.metrics.metric import Metric
from cut2next.film import Cut
from cut2next.film.workers import processors


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is said of one next shot."""

    values: Mapping[str, float | None]
    """By metric; None where the case has nothing to say."""
    facts: Mapping[str, Any]
    """What the report says of it, ready for JSON."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """One cut, with what each contender made of it and the judgement on that."""

    cut: Cut
    made: Mapping[str, Image.Image]
    judgements: Mapping[str, Judgement]


def run(
    cases: Iterable[Case],
    contenders: Mapping[str, Contender],
    metrics: Sequence[Metric[Any]],
    *,
    batch: int = 8,
    workers: int | None = None,
) -> Iterator[Judged]:
    """Every case in order; contenders get `batch` cuts at a time, `workers` threads judge.

    There are as many threads as processors, unless told otherwise; threads, because nearly all of
    judging is ray casting, which lets other threads run. Raises InputError when a metric cannot
    take a picture: one of another size than the true one.
    """
    pool = ThreadPoolExecutor(workers or processors())
    waiting: deque[Future[Judged]] = deque()
    remaining = iter(cases)
    try:
        while together := list(islice(remaining, batch)):
            for case, made in zip(together, _made(together, contenders), strict=True):
                waiting.append(pool.submit(_judged, case, made, metrics))
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


def _judged(case: Case, made: Mapping[str, Image.Image], metrics: Sequence[Metric[Any]]) -> Judged:
    judgements = {name: _judgement(case, picture, metrics) for name, picture in made.items()}
    return Judged(cut=case.cut, made=made, judgements=judgements)


def _judgement(case: Case, picture: Image.Image, metrics: Sequence[Metric[Any]]) -> Judgement:
    values = {metric.name: metric.of(case, picture) for metric in metrics}
    return Judgement(values=values, facts=case.facts(picture, values))
