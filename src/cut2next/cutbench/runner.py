"""Runs a benchmark: every contender on every case, judged by every metric as soon as it is made.

Knows no benchmark: cases and metrics are given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from PIL import Image

from cut2next.cutbench.cases import Case
from cut2next.cutbench.contenders import Contender
from cut2next.cutbench.metrics.metric import Metric
from cut2next.film import Cut
from cut2next.film.workers import in_order, processors

AnyCase = TypeVar("AnyCase", bound=Case)


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
    """Every case in order; contenders get `batch` cuts at a time, and `judged` judges."""
    return judged(made(cases, contenders, batch), metrics, ahead=batch, workers=workers)


def made(
    cases: Iterable[AnyCase], contenders: Mapping[str, Contender], batch: int = 8
) -> Iterator[tuple[AnyCase, dict[str, Image.Image]]]:
    """Each case with every contender's next shot."""
    remaining = iter(cases)
    while together := list(islice(remaining, batch)):
        cuts = [case.cut for case in together]
        shots = {name: contender(cuts) for name, contender in contenders.items()}
        for at, case in enumerate(together):
            yield case, {name: pictures[at] for name, pictures in shots.items()}


def judged(
    shots: Iterable[tuple[Case, Mapping[str, Image.Image]]],
    metrics: Sequence[Metric[Any]],
    *,
    ahead: int = 8,
    workers: int | None = None,
) -> Iterator[Judged]:
    """What `workers` threads say of next shots, which are asked for `ahead` of being judged.

    There are as many threads as processors, unless told otherwise; threads, because nearly all of
    judging is ray casting, which lets other threads run. Raises InputError when a metric cannot
    take a picture: one of another size than the true one.
    """
    pool = ThreadPoolExecutor(workers or processors())
    jobs = (pool.submit(_judged, case, pictures, metrics) for case, pictures in shots)
    try:
        yield from in_order(jobs, ahead)
    finally:
        pool.shutdown(cancel_futures=True)


def _judged(case: Case, made: Mapping[str, Image.Image], metrics: Sequence[Metric[Any]]) -> Judged:
    judgements = {}
    for name, picture in made.items():
        values = {metric.name: metric.of(case, picture) for metric in metrics}
        judgements[name] = Judgement(values=values, facts=case.facts(picture, values))
    return Judged(cut=case.cut, made=made, judgements=judgements)
