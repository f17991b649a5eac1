"""The report as data: everything in JSON, a table in Markdown, and rows for a leaderboard."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from cut2next import __version__
from cut2next.cutbench.entry import Entry
from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.metrics.set_metric import SetFigure, SetMetric
from cut2next.cutbench.report import ALL, rows_to_json
from cut2next.cutbench.results import Comparison, Results
from cut2next.cutbench.scoring import CONTROLS
from cut2next.cutbench.statistics.intervals import LEVEL, RESAMPLES, Mean

FORMAT = 1


def to_json(results: Results, command: str) -> dict[str, Any]:
    """All there is to tell."""
    return {
        "cut2next": "report",
        "format": FORMAT,
        "version": __version__,
        "command": command,
        "benchmark": {
            **results.benchmark.about.model_dump(exclude_none=True),
            "digest": results.benchmark.digest,
            "count": len(results.benchmark.cases),
        },
        "makers": {entry.maker: about_entry(entry) for entry in results.entries},
        "controls": CONTROLS,
        "meanings": meanings(results),
        "figures": {maker: rows_to_json(groups) for maker, groups in results.figures.items()},
        "distances": {
            maker: {name: figure and asdict(figure) for name, figure in figures.items()}
            for maker, figures in results.distances.items()
        },
        "relation gaps": {maker: asdict(gap) for maker, gap in results.relation_gaps.items()},
        "against exact truth": {
            metric: {truth: area and asdict(area) for truth, area in of.items()}
            for metric, of in results.exact.items()
        },
        "calibration": [asdict(each) for each in results.calibrations],
        "networks": {facts.kind: asdict(facts) for facts in results.scoring.networks},
        "comparisons": [_compared(each) for each in results.comparisons],
        "cases": [
            {
                "case": each.case.name,
                "film": each.case.film,
                "patterns": [pattern.value for pattern in each.case.line.patterns],
                "values": each.values,
            }
            for each in results.scored
        ],
    }


def about_entry(entry: Entry) -> dict[str, Any]:
    """Whose pictures they are, and what they were really made with: enough to make them again."""
    asked = [line.asked for line in entry.shots.values() if line.asked]
    seconds = [line.seconds for line in entry.shots.values() if line.seconds]
    told = {
        name: sorted({str(getattr(each, name)) for each in asked})
        for name in ("weights", "steps", "guidance", "size")
    }
    return {
        "about": entry.manifest.about,
        "pictures": len(entry.shots),
        "each": entry.manifest.each,
        "faults": Counter(line.fault for line in entry.shots.values() if line.fault),
        "seconds": round(sum(seconds) / len(seconds), 3) if seconds else None,
        "asked": told,
    }


def meanings(results: Results) -> dict[str, str]:
    """What each metric says, in words."""
    of = {metric.name: metric.meaning for metric in results.spoken if metric.meaning}
    of |= {metric.name: metric.meaning for metric in results.scoring.set_metrics}
    return of | {"interval": f"{LEVEL:.0%} bootstrap over cases, {RESAMPLES} resamples"}


def to_markdown(results: Results) -> str:
    """Makers by metrics, and then each maker by pattern."""
    about = results.benchmark.about
    metrics = [metric for metric in results.spoken if metric.column]
    rows = {maker: groups[ALL] for maker, groups in results.figures.items()}
    sets = {maker: set_cells(results, maker) for maker in rows}
    title = f"# {about.name} {about.version}, {len(results.benchmark.cases)} cases\n"
    blocks = [title, _table("maker", rows, metrics, sets)]
    for entry in results.entries:
        of_patterns = {
            name: figures for name, figures in results.figures[entry.maker].items() if name != ALL
        }
        blocks += [f"\n## {entry.maker}, by pattern\n", _table("pattern", of_patterns, metrics)]
    faults = [f"- {entry.maker}: {entry.faults} pictures failed" for entry in results.entries]
    blocks += ["", *(line for line in faults if ": 0 " not in line)]
    meaning = (f"- *{name}*: {said}" for name, said in meanings(results).items())
    return "\n".join([*blocks, "", *meaning, ""])


def shown(figure: Mean | None, metric: Metric[Any]) -> str:
    """As in "97.2 [95.8, 98.4]"; a dash for what no case can tell."""
    if figure is None or metric.column is None:
        return "–"
    column = metric.column
    mean, low, high = (
        format(value * column.factor, column.form)
        for value in (figure.mean, figure.low, figure.high)
    )
    return f"{mean} [{low}, {high}]"


def set_cells(results: Results, maker: str) -> dict[str, str]:
    """By heading, the metrics of whole sets, of a maker."""
    return {
        metric.column.heading: shown_distance(results.distances[maker][metric.name], metric)
        for metric in results.scoring.set_metrics
    }


def shown_distance(figure: SetFigure | None, metric: SetMetric) -> str:
    """As `shown`; without an interval where none is sound."""
    if figure is None:
        return "–"
    column = metric.column
    numbers = (figure.value, figure.low, figure.high)
    told = [format(number * column.factor, column.form) for number in numbers if number is not None]
    return told[0] if len(told) == 1 else "{} [{}, {}]".format(*told)


def _table(
    first: str,
    rows: Mapping[str, Mapping[str, Mean | None]],
    metrics: list[Metric[Any]],
    more: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> str:
    """Rows of figures, each with `more` cells by heading at its end."""
    headings = [first, *(metric.column.heading for metric in metrics if metric.column)]
    headings += next(iter(more.values()), {})
    lines = [headings, ["---"] * len(headings)]
    lines += [
        [
            name.replace("|", "\\|"),
            *(shown(figures[metric.name], metric) for metric in metrics),
            *more.get(name, {}).values(),
        ]
        for name, figures in rows.items()
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _compared(comparison: Comparison) -> dict[str, Any]:
    return {
        "metric": comparison.metric,
        "first": comparison.first,
        "second": comparison.second,
        **asdict(comparison.difference),
        "corrected": comparison.corrected,
    }
