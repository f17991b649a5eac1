"""A grid of pictures, with what happens and what is said beneath each."""

from cut2next.studio.board import Panel, Scene
from cut2next.studio.exchange.pdf.document import MARGIN, Book
from cut2next.studio.exchange.rates import lasting

_GRIDS = {1: (1, 1), 2: (2, 1), 3: (1, 3), 6: (3, 2)}
"""Columns and rows, by panels a page."""
_BESIDE = (3,)
"""Where the words stand beside the picture, not beneath it."""
_GAP, _BETWEEN = 7.0, 5.0
_SCENE, _NUMBER = 5.0, 5.5
"""Millimetres, of the lines above and beneath a picture."""
_MOST_PICTURE = 0.72
"""Of a cell's height, that a picture takes at most."""


def lay(book: Book) -> None:
    """Fills pages with all panels, in their order."""
    columns, rows = _GRIDS[book.options.panels]
    top = MARGIN
    place = 0
    for scene in book.board.scenes:
        for number, panel in enumerate(scene.panels):
            slot = place % (columns * rows)
            if slot == 0:
                top = book.turn()
            wide = (book.sheet.width - 2 * MARGIN - (columns - 1) * _GAP) / columns
            high = (book.sheet.height - MARGIN - top - (rows - 1) * _GAP) / rows
            at = (
                MARGIN + slot % columns * (wide + _GAP),
                top + slot // columns * (high + _GAP),
            )
            _lay_cell(book, panel, scene if number == 0 else None, at, (wide, high))
            place += 1


def _lay_cell(
    book: Book,
    panel: Panel,
    scene: Scene | None,
    at: tuple[float, float],
    room: tuple[float, float],
) -> None:
    """One panel; `scene` is the one that begins with it."""
    sheet, (left, top), (wide, high) = book.sheet, at, room
    if scene is not None:
        heading = " ".join(filter(None, (scene.number, scene.heading)))
        sheet.line((left, top), heading, 8, room=wide, bold=True)
    top, high = top + _SCENE, high - _SCENE
    shape = book.board.width / book.board.height
    if book.options.panels in _BESIDE:
        picture = min(high * shape, wide / 2), min(high, wide / 2 / shape)
        words = (left + picture[0] + _BETWEEN, top), (wide - picture[0] - _BETWEEN, high)
    else:
        tall = min(wide / shape, high * _MOST_PICTURE)
        picture = tall * shape, tall
        words = (left, top + tall + 1.5), (wide, high - tall - 1.5)
    sheet.picture(book.image(panel), (left, top), picture)
    _lay_words(book, panel, *words)


def _lay_words(
    book: Book, panel: Panel, at: tuple[float, float], room: tuple[float, float]
) -> None:
    sheet, (left, top), (wide, high) = book.sheet, at, room
    if "number" in book.options.fields:
        sheet.line((left, top), book.numbers[panel.id], 10, room=wide * 0.6, bold=True)
    if "length" in book.options.fields:
        told = lasting(panel.frames, book.board.rate)
        sheet.line((left + wide * 0.6, top), told, 9, room=wide * 0.4, soft=True, right=True)
    words = book.words(panel, "action", "dialogue", "notes", "prompt")
    beneath = (left, top + _NUMBER), (wide, high - _NUMBER)
    book.keep(panel, sheet.flow(beneath[0], words, beneath[1]))
