"""The report: figures of every contender, overall and by editing pattern, each with its interval.

A figure is the mean of one metric, under its name. A cut of several patterns counts for each of
them. The order of the cuts makes no difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.runner import Judged, Judgement
from cut2next.cutbench.statistics.intervals import LEVEL, RESAMPLES, Mean, mean_of
from cut2next.film import EditingPattern

ALL = "all"
"""The group of all cuts; the other groups are the values of the editing patterns."""

Figures = dict[str, Mean | None]
"""By metric, its mean over some cuts; None where none of them has anything to say."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One cut in a report: no pictures."""

    cut: str
    current: str
    next: str
    patterns: frozenset[EditingPattern]
    judgements: Mapping[str, Judgement]
    """By contender."""


def entry_of(judged: Judged) -> Entry:
    """What a report keeps of a judged cut."""
    cut = judged.cut
    return Entry(
        cut=cut.name,
        current=cut.current.name,
        next=cut.next.name,
        patterns=cut.patterns,
        judgements=judged.judgements,
    )


def summary(entries: Sequence[Entry]) -> dict[str, dict[str, Figures]]:
    """By contender and group, the figures."""
    ordered = sorted(entries, key=lambda entry: entry.cut)
    groups = {ALL: ordered} | {
        pattern.value: [entry for entry in ordered if pattern in entry.patterns]
        for pattern in EditingPattern
    }
    return {
        contender: {
            group: {
                metric: _mean([entry.judgements[contender] for entry in members], metric)
                for metric in first.values
            }
            for group, members in groups.items()
        }
        for contender, first in (ordered[0].judgements.items() if ordered else ())
    }


def _mean(judgements: Sequence[Judgement], metric: str) -> Mean | None:
    values = (judgement.values[metric] for judgement in judgements)
    return mean_of([value for value in values if value is not None])


def to_json(
    about: Mapping[str, Any], entries: Sequence[Entry], metrics: Sequence[Metric[Any]]
) -> dict[str, Any]:
    """All there is to tell: `about` the run, what the figures mean, the figures, every cut."""
    meanings = {metric.name: metric.meaning for metric in metrics if metric.meaning}
    meanings["interval"] = f"{LEVEL:.0%} bootstrap over cuts, {RESAMPLES} resamples"
    return {
        **about,
        "meanings": meanings,
        "figures": {
            contender: rows_to_json(groups) for contender, groups in summary(entries).items()
        },
        "cuts": [_entry_to_json(entry) for entry in entries],
    }


def rows_to_json(rows: Mapping[str, Figures]) -> dict[str, Any]:
    """Some figures, each row under its name."""
    return {
        row: {name: mean and asdict(mean) for name, mean in figures.items()}
        for row, figures in rows.items()
    }


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    return {
        "cut": entry.cut,
        "current": entry.current,
        "next": entry.next,
        "patterns": [pattern.value for pattern in EditingPattern if pattern in entry.patterns],
        "verdicts": {name: dict(judgement.facts) for name, judgement in entry.judgements.items()},
    }
