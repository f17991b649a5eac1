"""Scores entries: every picture of every maker, and of the controls beside them, by every metric.

Controls need no maker, and say what a figure means: the truth can hardly be beaten, who copies the
input makes no cut at all, and the truth of another case is right about nothing but film.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from PIL import Image

from cut2next.cutbench.benchmark import Benchmark, FrozenCase
from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.entry import Entry
from cut2next.cutbench.metrics.metric import Metric
from cut2next.film import InputError
from cut2next.film.workers import in_order, processors
from cut2next.makers.maker import brought_to

TRUTH, COPY, SHUFFLED = "truth", "copy-input", "shuffled"
CONTROLS = {
    TRUTH: "the true next shot",
    COPY: "the current shot again",
    SHUFFLED: "the true next shot of another case",
}
"""By name, what each shows."""
Values = Mapping[str, float | None]
"""By metric, of one picture; None where it has nothing to say."""
Known = Callable[[FrozenCase], CaseWithTruth]
"""All that is known of a case."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What the metrics say of one case."""

    case: FrozenCase
    values: Mapping[str, Sequence[Values]]
    """By maker, of each of its pictures; of one that it failed to make, None throughout."""


def score(
    benchmark: Benchmark,
    entries: Sequence[Entry],
    metrics: Sequence[Metric[Any]],
    known: Known = FrozenCase.case,
) -> Iterator[Scored]:
    """Every case in order, by as many threads as there are processors.

    Raises InputError for a picture that is missing, altered or of another size, and for makers of
    one name, or of a control's.
    """
    _check_names(entries)
    pool = ThreadPoolExecutor(processors())

    def scored(at: int) -> Scored:
        case = benchmark.cases[at]
        known_case = known(case)
        pictures = _controls(benchmark, at, known_case) | {
            entry.maker: [entry.picture(line, case) for line in entry.of(case.name)]
            for entry in entries
        }
        values = {
            name: [_values(known_case, picture, metrics) for picture in made]
            for name, made in pictures.items()
        }
        return Scored(case=case, values=values)

    try:
        jobs = (pool.submit(scored, at) for at in range(len(benchmark.cases)))
        yield from in_order(jobs, 2 * processors())
    finally:
        pool.shutdown(cancel_futures=True)


def _values(
    case: CaseWithTruth, picture: Image.Image | None, metrics: Sequence[Metric[Any]]
) -> Values:
    return {
        metric.name: None if picture is None else metric.of(case, picture) for metric in metrics
    }


def _controls(
    benchmark: Benchmark, at: int, case: CaseWithTruth
) -> dict[str, Sequence[Image.Image | None]]:
    """The controls' pictures of the case at a place."""
    size = case.true_next.size
    other = _another(benchmark, at)
    return {
        TRUTH: [case.true_next],
        COPY: [brought_to(case.cut.current.keyframe, size)],
        SHUFFLED: [None if other is None else brought_to(other.true_next(), size)],
    }


def _another(benchmark: Benchmark, at: int) -> FrozenCase | None:
    """The next case of another film; None where there is one film only."""
    cases = benchmark.cases
    after = (cases[(at + step) % len(cases)] for step in range(1, len(cases)))
    return next((case for case in after if case.film != cases[at].film), None)


def _check_names(entries: Sequence[Entry]) -> None:
    names = set(CONTROLS)
    for entry in entries:
        if entry.maker in names:
            raise InputError(
                f"{entry.folder}: another maker called {entry.maker!r}",
                expected="a name for each, and none of a control's",
                hint="change `maker` in its manifest",
            )
        names.add(entry.maker)
