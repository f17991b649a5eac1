"""A contact sheet: rows of pictures under captions, on a dark ground, for the eye to judge."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from cut2next.film import InputError
from cut2next.pages.lettering import Color, width, wrapped, write

MARGIN = 32
"""Pixels around everything; half of it between pictures, and between rows."""
GROUND = (18, 19, 22)
BRIGHT = (236, 236, 232)
DIM = (138, 140, 146)
_GAP = MARGIN // 2
_LINE = 28
"""Height of a line of captions."""
_TITLE = 48


@dataclass(frozen=True, kw_only=True, eq=False)
class SheetRow:
    """Some pictures side by side, and what is written over them."""

    label: str
    pictures: Sequence[Image.Image]
    note: str = ""
    """Written after the label, less brightly, as far as there is room."""


def contact_sheet(
    rows: Sequence[SheetRow],
    *,
    columns: Sequence[str],
    title: str = "",
    picture_size: tuple[int, int] = (384, 160),
) -> Image.Image:
    """The sheet: one picture of each row under each caption of `columns`, all of one size.

    Pictures are scaled to `picture_size` (width, height), in pixels. Raises InputError when a row
    has more or fewer pictures than there are columns, or when there is nothing to show.
    """
    _check(rows, columns)
    sheet = Image.new("RGB", sheet_size(len(rows), len(columns), picture_size), GROUND)
    draw = ImageDraw.Draw(sheet)
    width, height = picture_size
    if title:
        room = sheet.width - 2 * MARGIN
        _write(draw, (MARGIN, MARGIN), title, BRIGHT, size=22, room=room)
    lefts = [MARGIN + at * (width + _GAP) for at in range(len(columns))]
    for left, caption in zip(lefts, columns, strict=True):
        _write(draw, (left, MARGIN + _TITLE), caption, DIM, size=15, room=width)
    top = MARGIN + _TITLE + _LINE
    for row in rows:
        _caption(draw, row, top, sheet.width)
        for left, picture in zip(lefts, row.pictures, strict=True):
            scaled = picture.convert("RGB").resize(picture_size, Image.Resampling.LANCZOS)
            sheet.paste(scaled, (left, top + _LINE))
        top += _LINE + height + _GAP
    return sheet


def sheet_size(rows: int, columns: int, picture_size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a sheet, pixels."""
    width, height = picture_size
    return (
        2 * MARGIN + columns * width + (columns - 1) * _GAP,
        2 * MARGIN + _TITLE + _LINE + rows * (_LINE + height) + (rows - 1) * _GAP,
    )


def _check(rows: Sequence[SheetRow], columns: Sequence[str]) -> None:
    for row in rows:
        if len(row.pictures) != len(columns):
            raise InputError(
                f"{len(row.pictures)} pictures in row {row.label!r}",
                expected=f"{len(columns)}, one in each column",
                hint="fill the row",
            )
    if not rows or not columns:
        raise InputError("an empty contact sheet", expected="rows and columns", hint="add some")


def _caption(draw: ImageDraw.ImageDraw, row: SheetRow, top: int, width: int) -> None:
    """The label, then as much of the note as fits beside it."""
    room = width - 2 * MARGIN
    end = _write(draw, (MARGIN, top), row.label, BRIGHT, size=17, room=room)
    left = end + _GAP
    if row.note and left < width - MARGIN:
        _write(draw, (left, top), row.note, DIM, size=14, room=width - MARGIN - left)


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    color: Color,
    *,
    size: int,
    room: int,
) -> int:
    """Writes one line, shortened to `room` pixels; returns where it ends."""
    left, top = at
    line = " ".join(wrapped(text, size, room, lines=1))
    # All on one line, large and small.
    write(draw, (left, top + _LINE // 2 + 3), line, color, size)
    return left + round(width(line, size))
