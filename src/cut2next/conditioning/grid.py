"""A segment table as text, for people: who reads what, on which clock, and what may be cached."""

from collections.abc import Sequence

from cut2next.conditioning.table import READS, READS_NOT, Segment, SegmentRule, SegmentTable


def grid(table: SegmentTable) -> str:
    """The table as lines of text: a row for who reads, a column for what is read."""
    header = ["", *(_stacked(segment) for segment in table.segments), "clock", "pooled from"]
    rows = [_cells(table, rule) for rule in table.rules]
    upper = [cell.partition("\n")[0] if "\n" in cell else "" for cell in [*header, "cacheable"]]
    lower = [cell.partition("\n")[2] or cell for cell in [*header, "cacheable"]]
    upper[0] = table.name
    return "\n".join(_aligned([upper, lower, *rows]))


def _cells(table: SegmentTable, rule: SegmentRule) -> list[str]:
    marks = [READS if column in rule.reads else READS_NOT for column in table.segments]
    cacheable = "yes" if rule.segment in table.cacheable else "no"
    return [str(rule.segment), *marks, rule.clock, str(rule.pooled_from), cacheable]


def _stacked(segment: Segment) -> str:
    return str(segment).replace(" ", "\n", 1)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
