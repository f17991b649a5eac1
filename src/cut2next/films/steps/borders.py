"""Black borders: letterbox and pillarbox are a property of the film, and a shot rarely has its own.

So they are read from frames all over the film, and every shot is cut alike, however dark it is.
Only one that shows otherwise, beyond doubt, is cut otherwise: a sequence in a taller format, a clip
from elsewhere in the middle of the film.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cut2next.films.picture import picture
from cut2next.films.video import Film, glimpses

Luma = NDArray[np.uint8]
"""[H, W]"""

_EVERY, _LEAST, _MOST = 4.0, 8, 32
"""Seconds from one frame of a film that is looked at to the next; how many there are."""
_DARK = 24
"""Luma, of 255, under which a border is black; video's own black is 16."""
_SPECKS = 0.02
"""Share of a black row that noise may light up."""
_BRIGHT = 0.6
"""Share of the middle of a frame that is lit where the frame can tell borders from darkness."""
_FEW = 3
"""Frames that can tell, under which nothing is known of the film."""
_USUAL_EDGE, _CLEAR_EDGE = 0.25, 0.5
"""Share of a row that is lit just inside a border, by that of any row: in most frames of a film,
and where one shot alone tells of it."""
_EDGE = 3
"""Rows within which a border ends."""
_MOST_BORDER = 0.3
"""Share of a side beyond which darkness is taken for the picture itself."""
_LEAST_BORDER = 2
"""Pixels of border that are worth cutting off."""


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


class _Lit(NamedTuple):
    """How much of a picture is not black."""

    columns: NDArray[np.float64]
    """The share of each, [W]."""
    rows: NDArray[np.float64]
    """[H]"""
    middle: float
    """The share of the middle, which no border reaches."""

    @property
    def bright(self) -> bool:
        """Whether borders would show."""
        return self.middle > _BRIGHT


@lru_cache(maxsize=8)
def film_box(film: Film) -> Box:
    """The part of a film's upright pictures that is not black border in most of its frames.

    Everything where too few frames are bright enough to tell. Raises InputError when the file has
    gone.
    """
    count = min(max(round(film.duration / _EVERY), _LEAST), _MOST)
    greys = (picture(frame, film.pixel_aspect).convert("L") for frame in glimpses(film, count))
    seen = [lit for lit in (_lit(np.asarray(grey)) for grey in greys) if lit.bright]
    if len(seen) < _FEW:
        return Box(0, 0, *film.size)
    columns, rows = (np.median([lit[side] for lit in seen], axis=0) for side in (0, 1))
    (left, right), (top, bottom) = (_borders(lit, _USUAL_EDGE) for lit in (columns, rows))
    return Box(left, top, len(columns) - right, len(rows) - bottom)


def shot_box(lumas: Sequence[Luma], film: Box) -> Box:
    """The part of a shot's pictures, all of one size, that is to be kept.

    That of the film, unless its borders are lit on both sides, or the shot has others of its own.
    """
    lit = _lit(np.max(np.stack(lumas), axis=0))
    left, right = _ends(lit.columns, (film.left, film.right), clear=lit.bright)
    top, bottom = _ends(lit.rows, (film.top, film.bottom), clear=lit.bright)
    return Box(left, top, right, bottom)


def _lit(luma: Luma) -> _Lit:
    lit = luma > _DARK
    (top, bottom), (left, right) = (
        (round(_MOST_BORDER * side), round((1 - _MOST_BORDER) * side)) for side in lit.shape
    )
    middle = float(lit[top:bottom, left:right].mean())
    return _Lit(lit.mean(axis=0), lit.mean(axis=1), middle)


def _ends(lit: NDArray[np.float64], film: tuple[int, int], *, clear: bool) -> tuple[int, int]:
    """Where the picture of a shot begins and ends along one side."""
    begin, end = film
    outside = [part > _SPECKS for part in (lit[:begin], lit[end:]) if len(part)]
    if outside and all(part.mean() > _CLEAR_EDGE for part in outside):
        begin, end = 0, len(lit)
    if clear:
        before, after = _borders(lit[begin:end], _CLEAR_EDGE)
        begin, end = begin + before, end - after
    return begin, end


def _borders(lit: NDArray[np.float64], edge: float) -> tuple[int, int]:
    """How many rows, or columns, at both ends are black, given the share of each that is not.

    Borders are alike on both sides, end at once, and leave most of the picture.
    """
    picture = np.flatnonzero(lit > _SPECKS)
    if not len(picture):
        return 0, 0
    first, last = int(picture[0]), int(picture[-1])
    ends = first, len(lit) - 1 - last
    alike = abs(ends[0] - ends[1]) <= max(4, 0.02 * len(lit))
    if not alike or max(ends) > _MOST_BORDER * len(lit) or max(ends) < _LEAST_BORDER:
        return 0, 0
    edges = lit[first : first + _EDGE].max(), lit[last + 1 - _EDGE : last + 1].max()
    return ends if min(edges) >= edge * lit.max() else (0, 0)
