"""Plots as SVG: differences from the reference, and losses along the way.

They have a ground of their own, so that they are read on a light page and on a dark one, and say in
titles what they show. Lines differ in dashes too, for who sees no colours.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from cut2next.experiments.answers import BETTER, NOT_SHOWN, WORSE, Answer, Compared, shown_apart

_NAMES, _COLUMN, _ROW, _HEAD = 170, 120, 34, 34
"""Pixels, of the forest plot ..."""
_LEFT, _TOP, _WIDE, _HIGH, _LABELS, _LINE = 64, 16, 420, 200, 220, 15
"""... and of lines: margins, the plot, what stands right of it, and from one label to the next."""
_INK, _FAINT = "#444", "#bbb"
_COLOURS = {BETTER: "#1b7f4b", WORSE: "#b3261e", NOT_SHOWN: "#6b6b6b"}
_STROKES = (
    ("#0b5394", ""),
    ("#b3261e", "7 3"),
    ("#1b7f4b", "2 3"),
    ("#7b3fa0", "9 3 2 3"),
    ("#7a5900", "4 2"),
)


def forest(answer: Answer, title: str) -> str:
    """A dot is a difference, its line the interval; zero is where the reference is.

    One column a measure, one row a variant.
    """
    measures = answer.question.measures
    parts = []
    height = _HEAD + _ROW * len(answer.others) + 8
    for row, name in enumerate(answer.others):
        parts.append(f'<text x="8" y="{_HEAD + _ROW * row + 21}">{escape(name)}</text>')
    for column, measure in enumerate(measures):
        compared = [others[column] for others in answer.others.values()]
        parts += _column(measure, compared, _NAMES + _COLUMN * column, height)
    return _svg(title, (_NAMES + _COLUMN * len(measures), height), parts)


def _column(measure: str, compared: list[Compared], left: int, height: int) -> list[str]:
    """A measure's dots, on a scale of its own that is even about zero."""
    ends = [end for each in compared for end in (each.apart.low, each.apart.high)]
    most = max(map(abs, filter(math.isfinite, ends)), default=0.0) or 1.0
    middle, half = left + _COLUMN / 2, _COLUMN / 2 - 14
    parts = [
        f'<text x="{middle}" y="18" text-anchor="middle">{escape(measure)}</text>',
        f'<line x1="{middle}" x2="{middle}" y1="26" y2="{height - 6}" stroke="{_FAINT}"/>',
    ]
    for row, each in enumerate(compared):
        y, colour = _HEAD + _ROW * row + 17, _COLOURS[each.verdict]
        low, at, high = (
            middle + half * min(1.0, max(-1.0, number / most))
            for number in (each.apart.low, each.apart.mean, each.apart.high)
        )
        parts += [
            f"<g><title>{shown_apart(measure, each.apart)}</title>",
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="{colour}"'
            ' stroke-width="2"/>',
            f'<circle cx="{at:.1f}" cy="{y}" r="4" fill="{colour}"/></g>',
        ]
    return parts


Curve = Mapping[int, float]
"""By step, a loss."""


class _Point(NamedTuple):
    x: float
    y: float


def lines(curves: Mapping[str, Curve], title: str) -> str:
    """Each curve from its first step to its last, its name where it ends.

    Raises ValueError for no point at all.
    """
    steps = [step for curve in curves.values() for step in curve]
    losses = [loss for curve in curves.values() for loss in curve.values()]
    wide, high = (min(steps), max(steps)), (min(losses), max(losses))
    drawn = {
        name: [
            _Point(
                _LEFT + _WIDE * _share(step, *wide),
                _TOP + _HIGH * (1 - _share(loss, *high)),
            )
            for step, loss in sorted(curve.items())
        ]
        for name, curve in curves.items()
    }
    parts = [*_axes(wide, high), *_strokes(drawn)]
    return _svg(title, (_LEFT + _WIDE + _LABELS, _TOP + _HIGH + 28), parts)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _axes(steps: tuple[int, int], losses: tuple[float, float]) -> list[str]:
    """Two lines, with the first and the last number at each."""
    right, bottom = _LEFT + _WIDE, _TOP + _HIGH
    parts = [
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="{_FAINT}"/>',
        f'<text x="{_LEFT + _WIDE / 2}" y="{bottom + 18}" text-anchor="middle">steps</text>',
        f'<text x="{_LEFT - 8}" y="{_TOP + _HIGH / 2}" text-anchor="end">loss</text>',
    ]
    for step, x in zip(steps, (_LEFT, right), strict=True):
        parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{step}</text>')
    for loss, y in zip(losses, (bottom, _TOP), strict=True):
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{loss:.3f}</text>')
    return parts


def _strokes(drawn: Mapping[str, Sequence[_Point]]) -> list[str]:
    """Lines and their names, in one colour each; names keep clear of each other."""
    parts, ends = [], {name: points[-1].y for name, points in drawn.items()}
    from_below = sorted(ends, key=ends.__getitem__, reverse=True)
    heights = dict(zip(from_below, _clear(ends.values()), strict=True))
    for number, (name, points) in enumerate(drawn.items()):
        colour, dashes = _STROKES[number % len(_STROKES)]
        path = " ".join(f"{point.x:.1f},{point.y:.1f}" for point in points)
        parts += [
            f"<g><title>{escape(name)}</title>",
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dashes or "none"}"/>',
            f'<text x="{_LEFT + _WIDE + 10}" y="{heights[name] + 4:.1f}" fill="{colour}">'
            f"{escape(name)}</text></g>",
        ]
    return parts


def _clear(heights: Iterable[float]) -> list[float]:
    """From below, where losses end, each moved up where it would touch the one before."""
    clear: list[float] = []
    for height in sorted(heights, reverse=True):
        clear.append(min(height, clear[-1] - _LINE) if clear else height)
    return clear


def _svg(title: str, size: tuple[int, int], parts: Iterable[str]) -> str:
    width, height = size
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" '
            f'fill="{_INK}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *parts,
            "</svg>",
            "",
        ]
    )
