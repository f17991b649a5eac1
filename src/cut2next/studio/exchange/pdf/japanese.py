"""The columns of a Japanese storyboard: cut, picture, action, dialogue and time."""

from math import ceil

from cut2next.studio.board import Board, Panel
from cut2next.studio.exchange.pdf.document import MARGIN, Book
from cut2next.studio.exchange.pdf.sheet import Words

_HEADINGS = {
    "number": ("カット", "Cut"),
    "picture": ("画面", "Picture"),
    "action": ("内容", "Action"),
    "dialogue": ("台詞", "Dialogue"),
    "length": ("秒", "Time"),
}
_COLUMN = {"notes": "action", "prompt": "action"}
"""Where fields stand that have no column of their own."""
_WIDE = {"number": 13.0, "length": 16.0}
"""Millimetres; the rest is shared."""
_PICTURE = 0.46
"""Of the rest, that pictures take at most."""
_HEAD, _INSIDE = 6.0, 1.5


def lay(book: Book) -> None:
    """Fills pages with all panels, in their order, from above."""
    scenes = {scene.panels[0].id: scene for scene in book.board.scenes if scene.panels}
    top = MARGIN
    for place, panel in enumerate(book.board.panels):
        slot = place % book.options.panels
        if slot == 0:
            top = book.turn() + _HEAD
            _lay_head(book, top)
        high = (book.sheet.height - MARGIN - top) / book.options.panels
        heading = scenes[panel.id].heading if panel.id in scenes else ""
        _lay_row(book, panel, heading, top + slot * high, high)


def _columns(book: Book, high: float) -> dict[str, tuple[float, float]]:
    """Where each column begins, and how wide it is."""
    chosen = {_COLUMN.get(name, name) for name in book.options.fields} | {"picture"}
    names = [name for name in _HEADINGS if name in chosen]
    room = book.sheet.width - 2 * MARGIN
    rest = room - sum(_WIDE.get(name, 0) for name in names)
    shape = book.board.width / book.board.height
    picture = min(_PICTURE * rest, (high - 2 * _INSIDE) * shape + 2 * _INSIDE)
    others = [name for name in names if name not in (*_WIDE, "picture")]
    each = (rest - picture) / max(len(others), 1)
    wide = {name: _WIDE.get(name, picture if name == "picture" else each) for name in names}
    if not others:
        wide["picture"] = rest
    columns, left = {}, MARGIN
    for name in reversed(names) if book.options.from_right else names:
        columns[name] = left, wide[name]
        left += wide[name]
    return columns


def _lay_head(book: Book, top: float) -> None:
    """The columns' names, and the lines between them down the page."""
    sheet = book.sheet
    high = (sheet.height - MARGIN - top) / book.options.panels
    for name, (left, wide) in _columns(book, high).items():
        heading = _HEADINGS[name][0 if book.has_japanese else 1]
        at = left + _INSIDE, top - _HEAD + 1.2
        sheet.line(at, heading, 8, room=wide - 2 * _INSIDE, soft=True)
        sheet.frame((left, top - _HEAD), (wide, sheet.height - MARGIN - top + _HEAD))


def _lay_row(book: Book, panel: Panel, heading: str, top: float, high: float) -> None:
    sheet, columns = book.sheet, _columns(book, high)
    sheet.rule((MARGIN, top), (sheet.width - MARGIN, top))
    texts = {
        "number": [Words(text=book.numbers[panel.id], bold=True)],
        "action": [Words(text=heading, bold=True), *book.words(panel, "action", "notes", "prompt")],
        "dialogue": book.words(panel, "dialogue"),
        "length": [Words(text=length(book.board, panel.frames))],
    }
    inside = top + _INSIDE, high - 2 * _INSIDE
    for name, (left, wide) in columns.items():
        at, room = (left + _INSIDE, inside[0]), (wide - 2 * _INSIDE, inside[1])
        if name == "picture":
            tall = min(room[1], room[0] * book.board.height / book.board.width)
            sheet.picture(book.image(panel), at, (room[0], tall))
        else:
            words = [words for words in texts[name] if words.text]
            book.keep(panel, sheet.flow(at, words, room))


def length(board: Board, frames: int) -> str:
    """Seconds and the frames over, as 2+12."""
    seconds, rest = divmod(frames, ceil(board.rate))
    return f"{seconds}+{rest:02d}"
