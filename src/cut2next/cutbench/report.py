"""The report: figures of every contender, overall and by editing pattern, each with its interval.

Shares are 0..1; a cut of several patterns counts for each of them. The order of the cuts makes no
difference.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cut2next.cutbench.intervals import LEVEL, RESAMPLES, Estimate, estimate
from cut2next.cutbench.judge import Verdict
from cut2next.cutbench.metrics.failures import IN_KEEPING
from cut2next.cutbench.metrics.look import LEAST_PIXELS
from cut2next.cutbench.metrics.nearness import BLUR
from cut2next.film import Cut, EditingPattern

ALL = "all"
"""The group of all cuts; the other groups are the values of the editing patterns."""

FIGURES: Mapping[str, Callable[[Verdict], float | None]] = {
    "camera": lambda verdict: verdict.camera,
    "look": lambda verdict: verdict.look,
    "psnr": lambda verdict: verdict.psnr,
    "ssim": lambda verdict: verdict.ssim,
    "static cut": lambda verdict: verdict.static_cut,
    "identity drift": lambda verdict: verdict.identity_drift,
    "incoherence": lambda verdict: verdict.incoherence,
    "look: hair": lambda verdict: verdict.kind("hair"),
    "look: skin": lambda verdict: verdict.kind("skin"),
    "look: top": lambda verdict: verdict.kind("top"),
    "look: walls": lambda verdict: verdict.kind("walls"),
    "look: light": lambda verdict: verdict.kind("light"),
}
"""What is told of a group of cuts: means of these; None where a cut has nothing to say."""

Figures = dict[str, Estimate | None]
"""By name, a figure of some cuts; None where none of them has anything to say."""

_MEANINGS = {
    "camera": "of the true pictures of all setups of the set, the asked one is the nearest (mean "
    f"square error after a Gaussian blur of {BLUR} picture heights)",
    "look": "share of regions (hair, skin and top of everyone, walls, light) right: the mean colour"
    " is nearest to the true paint among all of the palette, each rendered under the same light; "
    f"regions under {LEAST_PIXELS} pixels are left out; light is right when of the four hours the "
    "true one is the nearest",
    "psnr": "decibels, to the true next shot; 58.9 when equal",
    "ssim": "to the true next shot",
    "static cut": "nearer to the current shot than to the true next one",
    "identity drift": f"right camera, look under {IN_KEEPING}",
    "incoherence": f"wrong camera, no static cut, look of the setup that is shown {IN_KEEPING} or "
    "more",
    "interval": f"{LEVEL:.0%} bootstrap over cuts, {RESAMPLES} resamples",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cut in a report."""

    cut: str
    current: str
    next: str
    patterns: frozenset[EditingPattern]
    verdicts: Mapping[str, Verdict]
    """By contender."""


def row_of(cut: Cut, verdicts: Mapping[str, Verdict]) -> Row:
    """What a report keeps of a judged cut: no pictures."""
    return Row(
        cut=cut.name,
        current=cut.current.name,
        next=cut.next.name,
        patterns=cut.patterns,
        verdicts=verdicts,
    )


def summary(rows: Sequence[Row]) -> dict[str, dict[str, Figures]]:
    """By contender and group, the figures."""
    ordered = sorted(rows, key=lambda row: row.cut)
    groups = {ALL: ordered} | {
        pattern.value: [row for row in ordered if pattern in row.patterns]
        for pattern in EditingPattern
    }
    return {
        name: {
            group: _figures([row.verdicts[name] for row in members])
            for group, members in groups.items()
        }
        for name in (ordered[0].verdicts if ordered else ())
    }


def _figures(verdicts: Sequence[Verdict]) -> Figures:
    found = {}
    for name, figure in FIGURES.items():
        values = [figure(verdict) for verdict in verdicts]
        found[name] = estimate([float(value) for value in values if value is not None])
    return found


def to_json(about: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """All there is to tell: `about` the run, what the figures mean, the figures, every cut."""
    return {
        **about,
        "meanings": _MEANINGS,
        "figures": {
            contender: {
                group: {name: found and asdict(found) for name, found in figures.items()}
                for group, figures in groups.items()
            }
            for contender, groups in summary(rows).items()
        },
        "cuts": [_row_to_json(row) for row in rows],
    }


def _row_to_json(row: Row) -> dict[str, Any]:
    return {
        "cut": row.cut,
        "current": row.current,
        "next": row.next,
        "patterns": [pattern.value for pattern in EditingPattern if pattern in row.patterns],
        "verdicts": {
            name: {**asdict(verdict), "look": verdict.look}
            for name, verdict in row.verdicts.items()
        },
    }
