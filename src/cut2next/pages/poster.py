"""A poster: large pictures under a title, and tiles around them, on a dark ground, to be shown.

It knows no cut. Tiles are never scaled down, and up by whole factors alone; all else, the size of
letters too, follows their width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from cut2next.film import InputError
from cut2next.pages.contact_sheet import BRIGHT, DIM, GROUND
from cut2next.pages.lettering import Color, width, wrapped, write

COLUMNS = 3
NARROWEST = 384
"""Pixels of a tile: smaller pictures are scaled up, so that there is room for words."""
AMBER = (244, 190, 84)
_MARGIN, _GAP, _ROWS = 52, 28, 44
"""Around everything, between columns, between rows; these and sizes of letters are of a tile that
is `NARROWEST`."""
_LARGE = 30
"""Letters from here on stand closer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tile:
    """Pictures of one size, one under the other, and what is written over each."""

    label: str
    words: str
    pictures: Sequence[tuple[str, Image.Image]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lead:
    """The picture that all begins with."""

    picture: Image.Image
    label: str
    words: str = ""
    people: Sequence[tuple[str, str]] = ()
    """Who is who: names and looks."""
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Section:
    """A title, a line about it, and tiles: beside and under a lead, or in rows."""

    title: str
    about: str
    tiles: Sequence[Tile]
    lead: Lead | None = None


def poster(sections: Sequence[Section]) -> Image.Image:
    """The sections, one under the other. Raises InputError where one has no tile."""
    if not all(section.tiles for section in sections) or not sections:
        raise InputError("an empty poster", expected="tiles in each section", hint="add some")
    wide = max(
        picture.width for each in sections for tile in each.tiles for _, picture in tile.pictures
    )
    page = _Page(wide * -(-NARROWEST // wide))
    blocks = _under([page.section(section) for section in sections], 2 * page.pixels(_ROWS))
    return ImageOps.expand(blocks, page.pixels(_MARGIN), GROUND)


class _Page:
    """Draws for tiles of some width: whatever it draws is a picture, and pictures are joined."""

    def __init__(self, tile: int) -> None:
        self.tile = tile
        self.gap = self.pixels(_GAP)
        self.across = COLUMNS * tile + (COLUMNS - 1) * self.gap

    def pixels(self, length: float) -> int:
        """A length on a page of tiles of 384."""
        return round(length * self.tile / NARROWEST)

    def section(self, section: Section) -> Image.Image:
        tiles, lead = section.tiles, section.lead
        if lead is None:
            blocks = [self._title(section, self.across), *self._rows(tiles)]
        else:
            room = self.across - self.tile - self.gap
            beside = [self._row([tile]) for tile in tiles[:2]]
            left = [self._title(section, room), self._lead(lead, room)]
            middle = _under(left, self.pixels(24), room), _under(beside, self.pixels(_ROWS))
            top = _beside(middle, self.gap)
            blocks = [top, *self._rows(tiles[2:])]
        return _under(blocks, self.pixels(_ROWS))

    def _title(self, section: Section, room: int) -> Image.Image:
        title = self._text(section.title, 58, BRIGHT, room)
        return _under([title, self._text(section.about, 21, DIM, room)], self.pixels(12), room)

    def _lead(self, lead: Lead, room: int) -> Image.Image:
        picture = _scaled(lead.picture, room)
        room = picture.width  # words end where it does
        blocks = [
            self._text(lead.label, 23, AMBER, room),
            picture,
            self._text(lead.words, 21, BRIGHT, room),
            _under([self._person(name, look, room) for name, look in lead.people], 0, room),
            *(self._text(note, 19, DIM, room) for note in lead.notes),
        ]
        return _under(blocks, self.pixels(12))

    def _person(self, name: str, look: str, room: int) -> Image.Image:
        named = self._text(name, 21, BRIGHT, room // 2)
        left = max(named.width + self.gap // 2, self.pixels(90))
        named = ImageOps.expand(named, (0, 0, left - named.width, 0), GROUND)
        return _beside([named, self._text(look, 21, DIM, room - left)], 0)

    def _rows(self, tiles: Sequence[Tile]) -> list[Image.Image]:
        return [self._row(tiles[at : at + COLUMNS]) for at in range(0, len(tiles), COLUMNS)]

    def _row(self, tiles: Sequence[Tile]) -> Image.Image:
        """Tiles side by side, their pictures at one height."""
        heads = [self._head(tile) for tile in tiles]
        deepest = max(head.height for head in heads)
        heads = [ImageOps.expand(head, (0, 0, 0, deepest - head.height), GROUND) for head in heads]
        pictures = [self._pictures(tile) for tile in tiles]
        columns = [
            _under(each, self.pixels(8), self.tile) for each in zip(heads, pictures, strict=True)
        ]
        return _beside(columns, self.gap)

    def _head(self, tile: Tile) -> Image.Image:
        label = self._text(tile.label, 23, AMBER, self.tile)
        return _under([label, self._text(tile.words, 19, BRIGHT, self.tile)], self.pixels(4))

    def _pictures(self, tile: Tile) -> Image.Image:
        blocks = [
            _under(
                [_scaled(picture, self.tile), self._text(caption, 17, DIM, self.tile)],
                self.pixels(5),
            )
            for caption, picture in tile.pictures
        ]
        return _under(blocks, self.pixels(8))

    def _text(self, text: str, size: int, color: Color, room: int) -> Image.Image:
        """Text in lines of its own and as many as these take, up to five each."""
        size = self.pixels(size)
        lines = [line for own in text.splitlines() for line in wrapped(own, size, room, 5)]
        step = round(size * (1.2 if size > self.pixels(_LARGE) else 1.45))
        wide = max((round(width(line, size)) for line in lines), default=0)
        block = Image.new("RGB", (min(wide + 1, room), step * len(lines)), GROUND)
        for number, line in enumerate(lines):
            write(ImageDraw.Draw(block), (0, step * number + size), line, color, size)
        return block


def _scaled(picture: Image.Image, room: int) -> Image.Image:
    """As large as whole factors make it in the room; smaller only where it would not fit."""
    if picture.width > room:
        return ImageOps.contain(picture, (room, picture.height), Image.Resampling.LANCZOS)
    times = room // picture.width
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.LANCZOS)


def _under(blocks: Sequence[Image.Image], gap: int, least: int = 1) -> Image.Image:
    """One under the other, at least so wide; blocks without height leave no gap."""
    blocks = [block for block in blocks if block.height] or [Image.new("RGB", (1, 0))]
    high = sum(block.height for block in blocks) + gap * (len(blocks) - 1)
    wide = max(least, *(block.width for block in blocks))
    whole = Image.new("RGB", (wide, high), GROUND)
    top = 0
    for block in blocks:
        whole.paste(block, (0, top))
        top += block.height + gap
    return whole


def _beside(blocks: Sequence[Image.Image], gap: int) -> Image.Image:
    wide = sum(block.width for block in blocks) + gap * (len(blocks) - 1)
    whole = Image.new("RGB", (wide, max(block.height for block in blocks)), GROUND)
    left = 0
    for block in blocks:
        whole.paste(block, (left, 0))
        left += block.width + gap
    return whole
