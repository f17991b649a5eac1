"""The report as a table for a terminal: contenders over all cuts, then one of them by pattern."""

from collections.abc import Mapping, Sequence
from typing import Any

from cut2next.cutbench.metrics.metric import Column, Metric
from cut2next.cutbench.report import ALL, Figures
from cut2next.cutbench.statistics.intervals import Mean
from cut2next.film import EditingPattern

_FIRST = 24
"""Characters of the first column."""
_Columns = Mapping[str, Column]


def table(
    summary: Mapping[str, Mapping[str, Figures]], metrics: Sequence[Metric[Any]], contender: str
) -> str:
    """The figures of `report.summary`, as lines; `contender` is whose patterns are shown."""
    groups = summary[contender]
    by_pattern = {
        f"{pattern.label} ({_count(groups[pattern.value])})": groups[pattern.value]
        for pattern in EditingPattern
    }
    of_all = {name: groups[ALL] for name, groups in summary.items()}
    columns = columns_of(metrics)
    return "\n\n".join(
        (
            block(f"{_count(groups[ALL])} cuts", of_all, columns),
            block(f"{contender}, by pattern", by_pattern, columns),
        )
    )


def columns_of(metrics: Sequence[Metric[Any]]) -> dict[str, Column]:
    """By name, of the metrics that stand in a table."""
    return {metric.name: metric.column for metric in metrics if metric.column}


def block(heading: str, rows: Mapping[str, Figures], columns: _Columns) -> str:
    """Some figures as lines, each row under its name."""
    lines = [_heading(heading, columns)]
    lines += [_line(name, figures, columns) for name, figures in rows.items()]
    return "\n".join(lines)


def _heading(first: str, columns: _Columns) -> str:
    headings = (column.heading.rjust(column.width) for column in columns.values())
    return first.ljust(_FIRST) + "".join(headings)


def _line(first: str, figures: Figures, columns: _Columns) -> str:
    cells = (_cell(figures[name], column) for name, column in columns.items())
    return first.ljust(_FIRST) + "".join(cells)


def _cell(figure: Mean | None, column: Column) -> str:
    """As in "97.2 [95.8, 98.4]"; a dash for what no cut can tell."""
    if figure is None:
        return "-".rjust(column.width)
    mean, low, high = (
        format(value * column.factor, column.form)
        for value in (figure.mean, figure.low, figure.high)
    )
    return (f"{mean} [{low}, {high}]" if column.interval else mean).rjust(column.width)


def _count(figures: Figures) -> int:
    """Cuts in a group: as many as the metric that says something of most."""
    return max((figure.count for figure in figures.values() if figure), default=0)
