"""What scores add up to: figures by maker and editing pattern, and which makers differ.

A case counts once, as the mean of a maker's pictures of it; a case of several patterns counts for
each of them. Pictures that a maker failed to make are told beside the figures and not in them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from cut2next.cutbench.benchmark import Benchmark
from cut2next.cutbench.calibration import Calibration, calibration, told_apart
from cut2next.cutbench.entry import Entry
from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.metrics.relation_gap import relation_gap
from cut2next.cutbench.metrics.set_metric import SetFigure, SetMetric
from cut2next.cutbench.report import ALL, Figures
from cut2next.cutbench.scoring import COPY, SHUFFLED, TRUTH, Scored, Scoring
from cut2next.cutbench.statistics.auc import Auc
from cut2next.cutbench.statistics.holm import holm
from cut2next.cutbench.statistics.intervals import Mean, case_means, mean_of_cases
from cut2next.cutbench.statistics.paired import Difference, difference_of
from cut2next.film import EditingPattern

EXACT = {"camera": 1.0, "look": 0.8}
"""What the film set's judge knows of any next shot, and from where on it is right."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two makers by one metric, on the cases that both have pictures of."""

    metric: str
    first: str
    second: str
    difference: Difference
    corrected: float
    """Its p-value, by Holm over all pairs of makers that the metric compares."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """All that was scored, and what it adds up to."""

    scoring: Scoring
    scored: Sequence[Scored]

    @property
    def benchmark(self) -> Benchmark:
        """Whose cases they are."""
        return self.scoring.benchmark

    @property
    def films(self) -> frozenset[str]:
        """Those that the scored cases are from."""
        return frozenset(each.case.film for each in self.scored)

    @property
    def entries(self) -> Sequence[Entry]:
        """Those of makers."""
        return self.scoring.entries

    @property
    def metrics(self) -> Sequence[Metric[Any]]:
        """Those of single pictures."""
        return self.scoring.metrics

    @property
    def spoken(self) -> list[Metric[Any]]:
        """The metrics that have something to say of any picture."""
        figures = self.figures.values()
        return [
            metric
            for metric in self.metrics
            if any(groups[ALL][metric.name] is not None for groups in figures)
        ]

    @cached_property
    def groups(self) -> Mapping[str, Sequence[Scored]]:
        """All cases, and those of each editing pattern that has some."""
        of = {
            pattern.value: [each for each in self.scored if pattern in each.case.line.patterns]
            for pattern in EditingPattern
        }
        return {ALL: self.scored} | {name: cases for name, cases in of.items() if cases}

    @cached_property
    def figures(self) -> Mapping[str, Mapping[str, Figures]]:
        """By maker and group, every metric's mean."""
        return {
            maker: {group: self._figures(maker, cases) for group, cases in self.groups.items()}
            for maker in self.scoring.makers
        }

    @cached_property
    def distances(self) -> Mapping[str, Mapping[str, SetFigure | None]]:
        """By maker, the metrics of whole sets: of its first picture of every case.

        None of a maker that failed to make some, since figures of different counts cannot be
        compared, and of fewer cases than a metric takes.
        """
        return {
            maker: {
                metric.name: self._distance(maker, metric) for metric in self.scoring.set_metrics
            }
            for maker in self.scoring.makers
        }

    def _distance(self, maker: str, metric: SetMetric) -> SetFigure | None:
        kind = metric.features.facts.kind
        made, true = (
            [each.vectors[of][kind] for each in self.scored if kind in each.vectors[of]]
            for of in (maker, TRUTH)
        )
        if len(made) != len(true) or len(made) < metric.least:
            return None
        return metric.of(np.stack(made), np.stack(true))

    @cached_property
    def calibrations(self) -> Sequence[Calibration]:
        """What each metric says of true cuts, to be read before its figures."""

        def of(control: str, metric: str) -> dict[str, list[float]]:
            return _values(control, metric, self.scored)

        return [
            calibration(
                metric.name,
                truth=of(TRUTH, metric.name),
                copy=of(COPY, metric.name),
                shuffled=of(SHUFFLED, metric.name),
            )
            for metric in self.spoken
        ]

    @cached_property
    def exact(self) -> Mapping[str, Mapping[str, Auc | None]]:
        """By metric, how well it tells what the film set's own judge knows exactly.

        By what is right: next shots of all makers that have it right against those that have not.
        Empty on other benchmarks.
        """
        if not any(metric.name in EXACT for metric in self.metrics):
            return {}
        return {
            metric.name: {truth: self._told(metric.name, truth) for truth in EXACT}
            for metric in self.spoken
            if metric.name not in EXACT
        }

    def _told(self, metric: str, truth: str) -> Auc | None:
        kinds: dict[bool, dict[str, list[float]]] = {True: {}, False: {}}
        for each in self.scored:
            shots = (shot for entry in self.entries for shot in each.values[entry.maker])
            for shot in shots:
                value, right = shot[metric], shot[truth]
                if value is not None and right is not None:
                    kinds[right >= EXACT[truth]].setdefault(each.case.name, []).append(value)
        return told_apart(kinds[True], kinds[False])

    def of_cases(self, maker: str, metric: str, group: str = ALL) -> dict[str, float]:
        """A metric by case, where it has something to say."""
        return case_means(_values(maker, metric, self.groups[group]))

    @cached_property
    def comparisons(self) -> Sequence[Comparison]:
        """Every pair of makers by every metric that tells of both; no controls."""
        return [comparison for metric in self.metrics for comparison in self._compared(metric.name)]

    @cached_property
    def relation_gaps(self) -> Mapping[str, Difference]:
        """By maker that was also asked without the relational prompt: what that is worth in CLIP-T.

        Those are two entries made alike in all else, of which one was told `relation=no`.
        """
        asked = {entry.maker: entry.relation for entry in self.entries}
        values = {maker: _values(maker, "clip-t", self.scored) for maker in asked}
        pairs = {
            first: second
            for first, (alike, told) in asked.items()
            for second, without in asked.items()
            if alike and told and without == (alike, False)
        }
        gaps = {
            first: relation_gap(values[first], values[second]) for first, second in pairs.items()
        }
        return {maker: gap for maker, gap in gaps.items() if gap}

    def _figures(self, maker: str, cases: Sequence[Scored]) -> dict[str, Mean | None]:
        return {
            metric.name: mean_of_cases(_values(maker, metric.name, cases))
            for metric in self.metrics
        }

    def _compared(self, metric: str) -> Iterator[Comparison]:
        values = {entry.maker: self.of_cases(entry.maker, metric) for entry in self.entries}
        found = {
            (first, second): difference
            for first, second in combinations(values, 2)
            if (difference := difference_of(values[first], values[second]))
        }
        corrected = holm({f"{pair}": difference.p for pair, difference in found.items()})
        for pair, difference in found.items():
            yield Comparison(
                metric=metric,
                first=pair[0],
                second=pair[1],
                difference=difference,
                corrected=corrected[f"{pair}"],
            )


def _values(maker: str, metric: str, cases: Sequence[Scored]) -> dict[str, list[float]]:
    """By case, what a metric says of each of a maker's pictures."""
    return {
        each.case.name: [
            value for values in each.values[maker] if (value := values.get(metric)) is not None
        ]
        for each in cases
    }
