"""Scores entries: every picture of every maker, and of the controls beside them, by every metric.

Controls need no maker, and say what a figure means: the truth can hardly be beaten, who copies the
input makes no cut at all, and the truth of another case is right about nothing but film.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from cut2next.cutbench.benchmark import Benchmark, FrozenCase
from cut2next.cutbench.calibration import of_other_films
from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.entry import Entry
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.network import NetworkFacts, Vectors
from cut2next.cutbench.metrics.failures import likeness_of_strangers
from cut2next.cutbench.metrics.metric import Metric, read_ahead
from cut2next.cutbench.metrics.set_metric import SetFigure, SetMetric
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
TOGETHER = 16
"""Cases whose pictures are in memory."""
T = TypeVar("T")
Known = Callable[[FrozenCase], CaseWithTruth]
"""All that is known of a case."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What the metrics say of one case."""

    case: FrozenCase
    values: Mapping[str, Sequence[Values]]
    """By maker, of each of its pictures; of one that it failed to make, None throughout."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """A case and all pictures of it, in memory while it is scored."""

    case: FrozenCase
    known: CaseWithTruth
    pictures: Mapping[str, Sequence[Image.Image | None]]
    """By maker."""


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """Entries, and what they are scored by."""

    benchmark: Benchmark
    entries: Sequence[Entry]
    metrics: Sequence[Metric[Any]]
    set_metrics: Sequence[SetMetric] = ()
    known: Known = FrozenCase.case

    def __post_init__(self) -> None:
        """Raises InputError for makers of one name, or of a control's."""
        _check_names(self.entries)

    @property
    def makers(self) -> list[str]:
        """In the order in which they are shown: the controls last."""
        return [*(entry.maker for entry in self.entries), *CONTROLS]

    @property
    def networks(self) -> list[NetworkFacts]:
        """By what the metrics read."""
        facts = [metric.facts for metric in self.metrics if metric.facts]
        return [*facts, *(metric.features.facts for metric in self.set_metrics)]

    def run(self) -> Iterator[Scored]:
        """Every case in order, by as many threads as there are processors; networks read batches.

        Raises InputError for a picture that is missing, altered or of another size.
        """
        with ThreadPoolExecutor(processors()) as pool:
            for together in batches(self._shown(pool), TOGETHER):
                read_ahead(self.metrics, [shot for shown in together for shot in _shots(shown)])
                yield from pool.map(self._scored, together)

    def distances(self) -> dict[str, dict[str, SetFigure | None]]:
        """By maker, the metrics of whole sets: of its first picture of every case.

        None of a maker that failed to make some: figures of different counts cannot be compared.
        """
        read = {metric.name: self._vectors(metric) for metric in self.set_metrics}
        return {
            maker: {
                metric.name: _distance(metric, read[metric.name][maker], read[metric.name][TRUTH])
                for metric in self.set_metrics
            }
            for maker in self.makers
        }

    def _vectors(self, metric: SetMetric) -> dict[str, Vectors | None]:
        """By maker, what a network reads of the first picture of every case."""
        found: dict[str, list[Vectors]] = {maker: [] for maker in self.makers}
        failed = set[str]()
        with ThreadPoolExecutor(processors()) as pool:
            for together in batches(self._shown(pool), TOGETHER):
                for maker, vectors in found.items():
                    firsts = [shown.pictures[maker][0] for shown in together]
                    there = [picture for picture in firsts if picture is not None]
                    failed |= {maker} if len(there) < len(firsts) else set()
                    vectors += [metric.features.pictures(there)] if there else []
        return {
            maker: None if maker in failed else np.concatenate(vectors)
            for maker, vectors in found.items()
        }

    def _shown(self, pool: ThreadPoolExecutor) -> Iterator[Shown]:
        films = [case.film for case in self.benchmark.cases]
        others: Sequence[int | None] = of_other_films(films) or [None] * len(films)
        jobs = (
            pool.submit(self._opened, case, other)
            for case, other in zip(self.benchmark.cases, others, strict=True)
        )
        return in_order(jobs, TOGETHER)

    def _opened(self, case: FrozenCase, other: int | None) -> Shown:
        known, size = self.known(case), case.line.size
        away = None if other is None else self.benchmark.cases[other].true_next()
        controls: dict[str, Sequence[Image.Image | None]] = {
            TRUTH: [known.true_next],
            COPY: [brought_to(known.cut.current.keyframe, size)],
            SHUFFLED: [away and brought_to(away, size)],
        }
        made = {
            entry.maker: [entry.picture(line, case) for line in entry.of(case.name)]
            for entry in self.entries
        }
        return Shown(case=case, known=known, pictures=made | controls)

    def _scored(self, shown: Shown) -> Scored:
        values = {
            maker: [self._values(shown.known, picture) for picture in pictures]
            for maker, pictures in shown.pictures.items()
        }
        return Scored(case=shown.case, values=values)

    def _values(self, known: CaseWithTruth, picture: Image.Image | None) -> Values:
        return {
            metric.name: None if picture is None else metric.of(known, picture)
            for metric in self.metrics
        }


def strangers_bound(benchmark: Benchmark, features: Features) -> float | None:
    """What `failures` takes for strange, from all current and true next shots of a benchmark."""
    cases = benchmark.cases
    currents, truths = (
        np.concatenate([features.pictures(some) for some in batches(pictures, TOGETHER)])
        for pictures in (
            (case.current() for case in cases),
            (case.true_next() for case in cases),
        )
    )
    return likeness_of_strangers(currents, truths, [case.film for case in cases])


def _distance(metric: SetMetric, made: Vectors | None, true: Vectors | None) -> SetFigure | None:
    return None if made is None or true is None else metric.of(made, true)


def _shots(shown: Shown) -> Iterator[tuple[CaseWithTruth, Image.Image]]:
    pictures = (picture for made in shown.pictures.values() for picture in made)
    return ((shown.known, picture) for picture in pictures if picture is not None)


def batches(things: Iterator[T], size: int) -> Iterator[list[T]]:
    """Some at a time."""
    while together := list(islice(things, size)):
        yield together


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
