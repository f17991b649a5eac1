"""Text on pictures, in Pillow's own font: lines that wrap or end in dots, and accents.

The font has few letters beyond ASCII, but signs that look like accents: "é" is an "e" under one of
them. What it cannot draw at all becomes a box, so that it is missed and not misread.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from PIL import ImageDraw, ImageFont

_ACCENTS = {
    "\N{COMBINING GRAVE ACCENT}": ("`", 1.4),
    "\N{COMBINING ACUTE ACCENT}": ("\N{ACUTE ACCENT}", 1.4),
    "\N{COMBINING CIRCUMFLEX ACCENT}": ("^", 0.6),
    "\N{COMBINING TILDE}": ("~", 0.8),
    "\N{COMBINING DIAERESIS}": ("..", 0.9),
    "\N{COMBINING RING ABOVE}": ("°", 0.8),
    "\N{COMBINING CARON}": ("v", 0.45),
}
"""The sign for each, and its size in parts of the letter's."""
_APART = 0.06
"""Of an accent from its letter, in parts of the size."""
_MISSING = "\uffff"
"""A sign that no font has, for a box."""
Color = tuple[int, int, int]


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels have FreeType
    return font


@lru_cache(maxsize=4096)
def _is_drawn(sign: str) -> bool:
    font = _font(24)
    return sign == " " or bytes(font.getmask(sign)) != bytes(font.getmask(_MISSING))


def width(text: str, size: int) -> float:
    """How wide a line is, pixels."""
    return _font(size).getlength(_plain(text))


def wrapped(text: str, size: int, room: float, lines: int) -> list[str]:
    """The text in at most so many lines of `room` pixels; what is too long ends in dots."""
    done: list[str] = []
    for word in text.split():
        if done and width(f"{done[-1]} {word}", size) <= room:
            done[-1] += f" {word}"
        else:
            done.append(word)
    if len(done) > lines:
        done[lines - 1 :] = [" ".join(done[lines - 1 :])]
    return [_shortened(line, size, room) for line in done]


def _shortened(line: str, size: int, room: float) -> str:
    shown = whole = unicodedata.normalize("NFC", line)
    while whole and width(shown, size) > room:
        whole = whole[:-1].rstrip()
        shown = f"{whole}..."
    return shown


def write(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, color: Color, size: int
) -> None:
    """Writes one line; `at` is where it begins, on the line that letters stand on."""
    (left, base), font, plain = at, _font(size), _plain(text)
    draw.text(at, plain, color, font, anchor="ls")
    for number, (accent, part) in _accents(text):
        letter, above = plain[number], _font(round(size * part))
        middle = left + font.getlength(plain[:number]) + font.getlength(letter) / 2
        top = base + font.getbbox(letter, anchor="ls")[1] - _APART * size
        _, high = above.getmask2(accent, anchor="ls")[1]
        begin, _, end, foot = above.getmask(accent).getbbox()
        at = middle - (begin + end) / 2, top - high - foot
        draw.text(at, accent, color, above, anchor="ls")


def _plain(text: str) -> str:
    """The letters that can be drawn, without accents; others, or under others, as a box."""
    plain: list[str] = []
    for sign in _parted(text):
        if not unicodedata.combining(sign):
            plain.append(_drawn(sign))
        elif plain and sign not in _ACCENTS:
            plain[-1] = _MISSING
    return "".join(plain)


def _drawn(sign: str) -> str:
    if unicodedata.category(sign) == "Pd":
        return "-"
    return sign if _is_drawn(sign) else _MISSING


def _accents(text: str) -> Iterator[tuple[int, tuple[str, float]]]:
    """Which accent stands over which letter of the plain text, and in what part of its size."""
    number = -1
    for sign in _parted(text):
        if not unicodedata.combining(sign):
            number += 1
        elif sign in _ACCENTS and number >= 0:
            yield number, _ACCENTS[sign]


def _parted(text: str) -> str:
    """Letters, each before its accents."""
    return unicodedata.normalize("NFKD", text)
