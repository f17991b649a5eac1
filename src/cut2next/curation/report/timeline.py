"""A film in time, laid out for a drawing: rows of equal length, shots to scale, cuts, dissolves."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from cut2next.curation.report.survey import FilmCut, FilmShot, FilmSurvey
from cut2next.pages.html import clock

WIDTH = 1000.0
"""Of a row, in the drawing's units."""
HUES = 6
"""Colours of scenes, one after the other."""
_MOST_ROWS = 14
_ROW_SECONDS = (10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600)
_LEAST_GAP = 0.02
"""Seconds: less than a frame is none."""


@dataclass(frozen=True)
class Block:
    """A stretch of a row."""

    x: float
    width: float
    text: str
    hue: int | None = None
    """Of its scene; None where scenes are not known."""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A cut in a row."""

    x: float
    kept: bool
    text: str
    pictures: tuple[str, ...]


@dataclass(kw_only=True)
class TimelineRow:
    """A stretch of film, as long as every other row."""

    start: float
    shots: list[Block] = field(default_factory=list)
    gaps: list[Block] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Rows of one film."""

    seconds: float
    """That a row lasts."""
    rows: list[TimelineRow]


def timeline(film: FilmSurvey) -> Timeline:
    """The rows of a film whose shots have places; there are none where they have not."""
    shots = sorted(film.shots.values(), key=lambda shot: (shot.start, shot.name))
    if not shots:
        return Timeline(seconds=0.0, rows=[])
    first, last = min(0.0, shots[0].start), max(shot.end for shot in shots)
    # The shortest round length that needs no more rows than are good to look at.
    enough = (last - first) / _MOST_ROWS
    lengths = (length for length in _ROW_SECONDS if length >= enough)
    seconds = float(next(lengths, math.ceil(enough)))
    count = max(1, math.ceil((last - first) / seconds))
    made = Timeline(
        seconds=seconds,
        rows=[TimelineRow(start=first + number * seconds) for number in range(count)],
    )
    scenes = dict.fromkeys(shot.scene for shot in shots if shot.scene is not None)
    hues: dict[int | None, int] = {scene: at % HUES for at, scene in enumerate(scenes)}
    for shot in shots:
        hue, pictures = hues.get(shot.scene), (shot.picture,)
        for row, x, width in _stretches(made, shot.start, shot.end):
            row.shots.append(Block(x, width, _about(shot), hue=hue, pictures=pictures))
    for start, end in _gaps(shots, film.cuts):
        for row, x, width in _stretches(made, start, end):
            row.gaps.append(Block(x, width, f"dissolve or fade, {end - start:.2g} s"))
    for cut in sorted(film.cuts, key=lambda cut: cut.id):
        if cut.at is not None:
            _add_tick(made, cut, cut.at)
    return made


def _about(shot: FilmShot) -> str:
    scene = "" if shot.scene is None else f", scene {shot.scene}"
    marks = "".join(f", {mark}" for mark in shot.marks)
    return f"{shot.name}: {clock(shot.start)}, {shot.end - shot.start:.1f} s{scene}{marks}"


def _gaps(shots: list[FilmShot], cuts: Iterable[FilmCut]) -> Iterator[tuple[float, float]]:
    """What lies between two shots of a cut, or is told of one whose shots touch."""
    ends = {after.start: before.end for before, after in pairwise(shots)}
    for cut in cuts:
        if cut.at is None or cut.gap <= 0:
            continue
        before = ends.get(cut.at, cut.at)
        if cut.at - before > _LEAST_GAP:
            yield before, cut.at
        else:
            yield cut.at - cut.gap / 2, cut.at + cut.gap / 2


def _stretches(
    made: Timeline, start: float, end: float
) -> Iterator[tuple[TimelineRow, float, float]]:
    """Every row that a stretch of film runs through, with the place and the width of its part."""
    for row in made.rows:
        left, right = max(start, row.start), min(end, row.start + made.seconds)
        if right > left:
            x, width = ((time / made.seconds) * WIDTH for time in (left - row.start, right - left))
            yield row, x, width


def _add_tick(made: Timeline, cut: FilmCut, at: float) -> None:
    number = int((at - made.rows[0].start) // made.seconds)
    row = made.rows[max(0, min(number, len(made.rows) - 1))]
    what = "left out: " + "; ".join(cut.rejected) if cut.rejected else "kept"
    row.ticks.append(
        Tick(
            x=(at - row.start) / made.seconds * WIDTH,
            kept=not cut.rejected,
            text=f"cut at {clock(at)}, {what}",
            pictures=cut.pictures,
        )
    )
