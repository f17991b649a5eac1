"""Scores as histograms, laid out for a drawing: bars, and what a threshold leaves out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cut2next.cuts.selection import Limit

WIDTH, HEIGHT = 320, 90
_BARS = 40
_TAIL = 0.995
"""A long tail is cut off here, or all else would be squeezed into one bar."""


_Allowed = tuple[float | None, float | None]
"""The least and the most of a score."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """In the drawing's units, from its top left."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Where a score stops being good enough."""

    text: str
    """ "at most 12"."""
    x: float | None
    """None beyond the drawing."""
    from_x: float
    """Where the part that it leaves out begins, and where it ends."""
    to_x: float
    out: int
    """Values that it leaves out."""


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """One score of the shots or the cuts of a set."""

    name: str
    count: int
    least: float
    median: float
    most: float
    start: float
    """The drawing's left and right end."""
    end: float
    beyond: int
    """Values right of the drawing."""
    bars: tuple[Bar, ...]
    thresholds: tuple[Threshold, ...]


def histograms(
    scores: Mapping[str, Sequence[float]], limits: Sequence[Limit]
) -> Iterator[Histogram]:
    """One for each score; those with thresholds first, in the thresholds' order."""
    by_name = {limit.score: limit for limit in limits}
    limited = [name for name in by_name if name in scores]
    for name in (*limited, *sorted(scores.keys() - by_name.keys())):
        values = np.asarray(scores[name], dtype=np.float64)
        values = values[np.isfinite(values)]
        if len(values):
            yield histogram(name, values, by_name.get(name))


def histogram(name: str, values: np.ndarray, limit: Limit | None) -> Histogram:
    """Values that are finite, one at least, and what may be of them; None is a score without."""
    allowed = (None, None) if limit is None else (limit.least, limit.most)
    start, end = _ends(values, allowed)
    counts, edges = np.histogram(values[values <= end], bins=_BARS, range=(start, end))
    return Histogram(
        name=name,
        count=len(values),
        least=float(values.min()),
        median=float(np.median(values)),
        most=float(values.max()),
        start=start,
        end=end,
        beyond=int((values > end).sum()),
        bars=tuple(_bars(counts, edges)),
        thresholds=tuple(_thresholds(values, allowed, start, end)),
    )


def _ends(values: np.ndarray, allowed: _Allowed) -> tuple[float, float]:
    """The values, less a long tail, and the thresholds that are near them."""
    start, end = float(values.min()), float(np.quantile(values, _TAIL, method="higher"))
    reach = (end - start) or abs(end) or 1.0
    near = [edge for edge in allowed if edge is not None and start - reach <= edge <= end + reach]
    start, end = min(start, *near, start), max(end, *near, end)
    # Enough that bars of the largest and of the smallest numbers have two ends each.
    room = max((end - start) * 0.03 or 0.5, 1e-6 * max(abs(start), abs(end)), 1e-12)
    return (start - room if start < 0 else max(0.0, start - room)), end + room


def _bars(counts: np.ndarray, edges: np.ndarray) -> Iterator[Bar]:
    width, highest = WIDTH / _BARS, max(1, int(counts.max()))
    for number, count in enumerate(counts.tolist()):
        if count:
            # The least bar is still seen.
            height = max(1.5, (HEIGHT - 6) * count / highest)
            text = f"{edges[number]:.3g} to {edges[number + 1]:.3g}: {count}"
            x, y = number * width + 0.5, HEIGHT - height
            yield Bar(x=x, y=y, width=width - 1, height=height, text=text)


def _thresholds(
    values: np.ndarray, allowed: _Allowed, start: float, end: float
) -> Iterator[Threshold]:
    def place(value: float) -> float:
        return min(1.0, max(0.0, (value - start) / (end - start))) * WIDTH

    for edge, word in zip(allowed, ("at least", "at most"), strict=True):
        if edge is None:
            continue
        least = word == "at least"
        yield Threshold(
            text=f"{word} {edge:g}",
            x=place(edge) if start <= edge <= end else None,
            # Values at the left end are one bar, and those that equal the threshold pass.
            from_x=0.0 if least else max(place(edge), WIDTH / _BARS),
            to_x=place(edge) if least else float(WIDTH),
            out=int((values < edge).sum() if least else (values > edge).sum()),
        )
