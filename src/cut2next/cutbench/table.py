"""The report as a table for a terminal: contenders over all cuts, then one of them by pattern."""

from collections.abc import Mapping
from dataclasses import dataclass

from cut2next.cutbench.intervals import Estimate
from cut2next.cutbench.report import ALL, Figures
from cut2next.film import EditingPattern

_FIRST = 24
"""Characters of the first column."""


@dataclass(frozen=True, kw_only=True)
class _Column:
    heading: str
    width: int
    factor: int = 100
    form: str = ".1f"
    interval: bool = False

    def cell(self, found: Estimate | None) -> str:
        """As in "97.2 [95.8, 98.4]"; a dash for what no cut can tell."""
        if found is None:
            return "-".rjust(self.width)
        mean, low, high = (
            format(value * self.factor, self.form) for value in (found.mean, found.low, found.high)
        )
        return (f"{mean} [{low}, {high}]" if self.interval else mean).rjust(self.width)


_COLUMNS = {
    "camera": _Column(heading="camera %", width=21, interval=True),
    "look": _Column(heading="look %", width=21, interval=True),
    "psnr": _Column(heading="PSNR dB", width=19, factor=1, interval=True),
    "ssim": _Column(heading="SSIM", width=7, factor=1, form=".3f"),
    "static cut": _Column(heading="static %", width=10),
    "identity drift": _Column(heading="drift %", width=9),
    "incoherence": _Column(heading="incoherent %", width=14),
}
"""By figure of the report."""


def table(summary: Mapping[str, Mapping[str, Figures]], contender: str) -> str:
    """The figures of `report.summary`, as lines; `contender` is whose patterns are shown."""
    overall = [_line(name, groups[ALL]) for name, groups in summary.items()]
    groups = summary[contender]
    by_pattern = [
        _line(f"{pattern.label} ({_count(groups[pattern.value])})", groups[pattern.value])
        for pattern in EditingPattern
    ]
    count = _count(groups[ALL])
    return "\n".join(
        [
            _heading(f"{count} cuts"),
            *overall,
            "",
            _heading(f"{contender}, by pattern"),
            *by_pattern,
        ]
    )


def _heading(first: str) -> str:
    headings = (column.heading.rjust(column.width) for column in _COLUMNS.values())
    return first.ljust(_FIRST) + "".join(headings)


def _line(first: str, figures: Figures) -> str:
    cells = (column.cell(figures[name]) for name, column in _COLUMNS.items())
    return first.ljust(_FIRST) + "".join(cells)


def _count(figures: Figures) -> int:
    camera = figures["camera"]
    return camera.count if camera else 0
