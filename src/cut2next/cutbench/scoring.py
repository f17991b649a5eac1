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
from cut2next.cutbench.metrics.set_metric import SetMetric
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """What the metrics say of one case."""

    case: FrozenCase
    values: Mapping[str, Sequence[Values]]
    """By maker, of each of its pictures; of one that it failed to make, None throughout."""
    vectors: Mapping[str, Mapping[str, Vectors]]
    """By maker and kind of network, of its first picture, for metrics of whole sets."""


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
                shots = [shot for shown in together for shot in _shots(shown)]
                read_ahead(self.metrics, shots)
                for features in self._set_features.values():
                    features.pictures([picture for _, picture in shots])
                yield from pool.map(self._scored, together)

    @property
    def _set_features(self) -> dict[str, Features]:
        """By kind, those that metrics of whole sets ask."""
        return {metric.features.facts.kind: metric.features for metric in self.set_metrics}

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
        firsts = {maker: pictures[0] for maker, pictures in shown.pictures.items()}
        vectors = {
            maker: {
                kind: features.picture(first)
                for kind, features in self._set_features.items()
                if first is not None
            }
            for maker, first in firsts.items()
        }
        return Scored(case=shown.case, values=values, vectors=vectors)

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
