"""Paper: lines of text that fit their room, and pictures that fit theirs. All in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from PIL import Image

from cut2next.film.installation import needed
from cut2next.studio.exchange.pdf.fonts import Fonts

INK, SOFT, LINE, GROUND = 25, 115, 200, 243
"""Greys, of 255."""
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
"""Points; text that does not fit at the smallest goes on elsewhere."""
_LEADING = 0.43
"""Millimetres from a line to the next, for a point of size."""
_NARROW = 0.07
"""Millimetres, of the narrowest letters, for a point of size."""
_APART = 0.3
"""Of a line, between texts."""
_CLOSE = 1e-6
_DOTS = 220
"""An inch, of pictures."""
_FAMILY = "board"


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text on paper."""

    text: str
    bold: bool = False
    soft: bool = False
    indent: float = 0


class Sheet:
    """Pages that are written one after the other."""

    def __init__(self, fonts: Fonts, paper: str, *, upright: bool) -> None:
        with needed("it, to write PDF"):
            import fpdf
        self._pdf: Any = fpdf.FPDF("P" if upright else "L", "mm", paper)
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(0)
        self._pdf.c_margin = 0
        self._pdf.set_creator("cut2next")
        self._fonts = fonts
        if fonts.plain is not None:
            self._pdf.add_font(_FAMILY, "", fonts.plain)
            self._pdf.add_font(_FAMILY, "B", fonts.bold)
            names = [f"{_FAMILY}{place}" for place, _ in enumerate(fonts.others)]
            for name, path in zip(names, fonts.others, strict=True):
                self._pdf.add_font(name, "", path)
            self._pdf.set_fallback_fonts(names, exact_match=False)
            self._pdf.set_text_shaping(True)
        self.width, self.height = self._pdf.w, self._pdf.h

    def turn(self) -> None:
        """Begins a page."""
        self._pdf.add_page()

    @property
    def page(self) -> int:
        """Its number, from 1."""
        return int(self._pdf.page_no())

    def finished(self, title: str) -> bytes:
        """The file."""
        self._pdf.set_title(title)
        return bytes(self._pdf.output())

    def line(
        self, at: tuple[float, float], text: str, size: float, *, room: float = 0, **how: Any
    ) -> None:
        """One line, whose top is `at`; with `room`, cut to it, and by choice set to its right."""
        self._set(size, bold=how.get("bold", False), soft=how.get("soft", False))
        shown = self._shown(text)
        if room:
            shown = self._cut(shown, room)
            if how.get("right"):
                at = at[0] + room - self._pdf.get_string_width(shown), at[1]
        self._pdf.set_xy(*at)
        self._pdf.cell(w=room or None, h=size * _LEADING, text=shown)

    def flow(
        self, at: tuple[float, float], words: Sequence[Words], room: tuple[float, float]
    ) -> list[Words]:
        """Texts beneath each other, as large as they fit. Returns what found no place."""
        size, lines = self._fitted(words, room)
        leading, (left, top), last = size * _LEADING, at, lines[0][0] if lines else None
        foot = top + room[1] + _CLOSE
        for number, (each, text) in enumerate(lines):
            top += _APART * leading if each is not last else 0
            if top + leading > foot:
                return _joined(lines[number:])
            goes_on = number + 1 < len(lines) and top + (2 + _APART) * leading > foot
            last = each
            self.line(
                (left + each.indent, top),
                self._leading_on(each, text, size, room[0]) if goes_on else text,
                size,
                bold=each.bold,
                soft=each.soft,
            )
            top += leading
        return []

    def picture(
        self, image: Image.Image | None, at: tuple[float, float], room: tuple[float, float]
    ) -> None:
        """A picture, as large as it goes into its room, in a frame; the frame alone is empty."""
        left, top = at
        self._pdf.set_fill_color(GROUND)
        self._pdf.rect(left, top, *room, style="F")
        if image is not None:
            scale = min(room[0] / image.width, room[1] / image.height)
            wide, high = image.width * scale, image.height * scale
            x, y = left + (room[0] - wide) / 2, top + (room[1] - high) / 2
            self._pdf.image(_jpeg(image, wide), x=x, y=y, w=wide, h=high)
        self.frame(at, room)

    def frame(self, at: tuple[float, float], room: tuple[float, float]) -> None:
        """A hairline around a room."""
        self._pdf.set_draw_color(LINE)
        self._pdf.set_line_width(0.15)
        self._pdf.rect(*at, *room)

    def rule(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """A hairline."""
        self._pdf.set_draw_color(LINE)
        self._pdf.set_line_width(0.15)
        self._pdf.line(*begin, *end)

    def _leading_on(self, words: Words, text: str, size: float, room: float) -> str:
        """A line that the text does not end with, with dots where there is room for them."""
        self._set(size, bold=words.bold, soft=words.soft)
        dotted = f"{text} …"
        fits = self._pdf.get_string_width(self._shown(dotted)) <= room - words.indent
        return dotted if fits else text

    def _fitted(
        self, words: Sequence[Words], room: tuple[float, float]
    ) -> tuple[float, list[tuple[Words, str]]]:
        """The largest size at which texts fit, the smallest where none does; and their lines."""
        smallest = _SIZES[-1]
        for size in (_SIZES[0], smallest, *_SIZES[1:]):
            lines = self._all_lines(words, size, room)
            gaps = max(len({id(each) for each, _ in lines}) - 1, 0)
            fits = (len(lines) + _APART * gaps) * size * _LEADING <= room[1]
            if (fits and size != smallest) or (not fits and size == smallest):
                break
        return size, lines

    def _all_lines(
        self, words: Sequence[Words], size: float, room: tuple[float, float]
    ) -> list[tuple[Words, str]]:
        """As many lines as there is room for; what comes after them is not yet broken to lines."""
        fit = max(int(room[1] / (size * _LEADING)), 0) + 1
        lines: list[tuple[Words, str]] = []
        for each in words:
            if len(lines) > fit:
                lines.append((each, each.text))
                continue
            most = int(fit * (room[0] - each.indent) / (size * _NARROW)) + 1
            now, later = _parted(each.text.rstrip(), most)
            lines += [(each, line) for line in self._lines(each, now, size, room[0] - each.indent)]
            lines += [(each, later)] if later else []
        return lines

    def _lines(self, words: Words, text: str, size: float, room: float) -> list[str]:
        self._set(size, bold=words.bold, soft=words.soft)
        if not text:
            return []
        shown = self._shown(text)
        told = self._pdf.multi_cell(room, 1, shown, align="L", dry_run=True, output="LINES")
        return [str(line) for line in told]

    def _set(self, size: float, *, bold: bool, soft: bool) -> None:
        family = _FAMILY if self._fonts.plain else "helvetica"
        self._pdf.set_font(family, "B" if bold else "", size)
        self._pdf.set_text_color(SOFT if soft else INK)

    def _shown(self, text: str) -> str:
        """What can be set: a box, or what else the font has, for a letter that it has not."""
        text = text.replace("\t", "    ")
        return text if self._fonts.plain else text.encode("cp1252", "replace").decode("latin-1")

    def _cut(self, text: str, room: float) -> str:
        if self._pdf.get_string_width(text) <= room:
            return text
        dots = self._shown("…") if self._fonts.plain else "..."
        while text and self._pdf.get_string_width(text + dots) > room:
            text = text[:-1]
        return text + dots


def _parted(text: str, most: int) -> tuple[str, str]:
    """So many letters of a text, as far as the word that they end in, and the rest."""
    if len(text) <= most:
        return text, ""
    end = max(text.rfind(space, 0, most) for space in " \n")
    return (text[:end], text[end + 1 :]) if end > 0 else (text[:most], text[most:])


def _joined(lines: Sequence[tuple[Words, str]]) -> list[Words]:
    """What is left of each text, as one again."""
    left: dict[int, list[str]] = {}
    words = {}
    for each, line in lines:
        words[id(each)] = each
        left.setdefault(id(each), []).append(line)
    return [replace(words[key], text=" ".join(told)) for key, told in left.items()]


def _jpeg(image: Image.Image, wide: float) -> BytesIO:
    """As many pixels as paper shows, in the form that PDF takes as it is."""
    pixels = max(round(wide / 25.4 * _DOTS), 1)
    if pixels < image.width:
        size = (pixels, max(round(image.height * pixels / image.width), 1))
        image = image.resize(size, Image.Resampling.LANCZOS)
    file = BytesIO()
    image.save(file, format="JPEG", quality=90, subsampling=0)
    file.seek(0)
    return file
