"""A forest plot: differences from the reference, one column a measure, one row a variant."""

from xml.sax.saxutils import escape

from cut2next.experiments.answers import NOT_SHOWN, Answer, Compared, shown_apart

_NAMES, _COLUMN, _ROW, _HEAD = 170, 120, 34, 34
"""Pixels."""
_INK, _FAINT = "#444", "#bbb"
_COLOURS = {"better": "#1b7f4b", "worse": "#b3261e", NOT_SHOWN: "#777"}


def forest(answer: Answer) -> str:
    """An SVG. A dot is a difference, its line the interval; zero is where the reference is."""
    measures = answer.question.measures
    width = _NAMES + _COLUMN * len(measures)
    height = _HEAD + _ROW * len(answer.others) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" fill="{_INK}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for row, name in enumerate(answer.others):
        parts.append(f'<text x="8" y="{_HEAD + _ROW * row + 21}">{escape(name)}</text>')
    for column, measure in enumerate(measures):
        compared = [others[column] for others in answer.others.values()]
        parts += _column(measure, compared, _NAMES + _COLUMN * column, height)
    return "\n".join([*parts, "</svg>", ""])


def _column(measure: str, compared: list[Compared], left: int, height: int) -> list[str]:
    """A measure's dots, on a scale of its own that is even about zero."""
    most = max(max(abs(each.apart.low), abs(each.apart.high)) for each in compared) or 1.0
    middle, half = left + _COLUMN / 2, _COLUMN / 2 - 14
    parts = [
        f'<text x="{middle}" y="18" text-anchor="middle">{escape(measure)}</text>',
        f'<line x1="{middle}" x2="{middle}" y1="26" y2="{height - 6}" stroke="{_FAINT}"/>',
    ]
    for row, each in enumerate(compared):
        y, colour = _HEAD + _ROW * row + 17, _COLOURS[each.verdict]
        low, at, high = (
            middle + half * number / most
            for number in (each.apart.low, each.apart.mean, each.apart.high)
        )
        parts += [
            f"<g><title>{shown_apart(measure, each.apart)}</title>",
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="{colour}"'
            ' stroke-width="2"/>',
            f'<circle cx="{at:.1f}" cy="{y}" r="4" fill="{colour}"/></g>',
        ]
    return parts
