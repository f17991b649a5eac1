"""A board as a PDF: laid out, what found no place on pages of its own, and a note on fonts."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from cut2next.film import InputError
from cut2next.film.installation import quiet_libraries
from cut2next.film.writing import whole_file
from cut2next.studio.board import Board, Panel
from cut2next.studio.exchange.pdf.fonts import fonts_for
from cut2next.studio.exchange.pdf.options import PdfOptions
from cut2next.studio.exchange.pdf.sheet import Sheet, Words
from cut2next.studio.numbering import numbers
from cut2next.studio.pictures import PictureFolder

MARGIN = 12.0
"""Millimetres, all around."""
HEADINGS = "カット画面内容台詞秒"
"""The letters of the Japanese columns."""
_TOLD = 24
"""Letters without a font that are named."""


@dataclass(kw_only=True)
class Book:
    """What is being laid out."""

    board: Board
    pictures: PictureFolder
    options: PdfOptions
    sheet: Sheet
    numbers: dict[str, str]
    has_japanese: bool
    left: list[tuple[str, list[Words]]] = field(default_factory=list)
    """Texts that found no place, by the number of their panel."""

    def image(self, panel: Panel) -> Image.Image | None:
        """A panel's picture. Raises InputError when it is gone."""
        return None if panel.picture is None else self.pictures.image(panel.picture)

    def turn(self) -> float:
        """Begins a page with the board's title. Returns where there is room, from above."""
        sheet = self.sheet
        sheet.turn()
        room = sheet.width - 2 * MARGIN
        sheet.line((MARGIN, MARGIN - 4), self.board.title, 9, room=0.8 * room, bold=True)
        sheet.line(
            (MARGIN + 0.8 * room, MARGIN - 4),
            str(sheet.page),
            9,
            room=0.2 * room,
            soft=True,
            right=True,
        )
        return MARGIN + 3

    def words(self, panel: Panel, *fields: str) -> list[Words]:
        """What is told of a panel beneath or beside its picture."""
        summary = panel.shows.summary if panel.shows else ""
        told = {
            "action": Words(text=panel.action),
            "dialogue": Words(text=panel.dialogue, bold=True),
            "notes": Words(text=panel.notes, soft=True),
            "prompt": Words(text=summary, soft=True, indent=2),
        }
        return [told[name] for name in fields if name in self.options.fields and told[name].text]

    def keep(self, panel: Panel, words: list[Words]) -> None:
        """Texts that found no place are told at the end."""
        if words:
            self.left.append((self.numbers[panel.id], words))


def write_pdf(board: Board, pictures: PictureFolder, to: Path, options: PdfOptions) -> None:
    """Writes the board on paper. See `format.Exporter`.

    A letter that no font of this machine has is a box, and named on the last page. Raises
    InputError for a board without panels.
    """
    if not any(board.panels):
        raise InputError("a board without panels", expected="at least one", hint="add a panel")
    from cut2next.studio.exchange.pdf import japanese, western

    is_japanese = options.columns == "japanese"
    texts = _texts(board)
    fonts = fonts_for(texts + (HEADINGS if is_japanese else ""))
    with quiet_libraries():
        book = Book(
            board=board,
            pictures=pictures,
            options=options,
            sheet=Sheet(fonts, options.paper, upright=is_japanese),
            numbers=dict(numbers(board)),
            has_japanese=not fonts.missing & set(HEADINGS),
        )
        (japanese if is_japanese else western).lay(book)
        _lay_left(book)
        _tell_missing(book, sorted(fonts.missing & set(texts)))
        data = book.sheet.finished(board.title)
    with whole_file(to) as file:
        file.write_bytes(data)


def _texts(board: Board) -> str:
    told = [board.title]
    for scene in board.scenes:
        told += [scene.heading, scene.number]
        for panel in scene.panels:
            told += [panel.number, panel.action, panel.dialogue, panel.notes]
            told += [panel.shows.summary] if panel.shows else []
    return "".join(told)


def _lay_left(book: Book) -> None:
    """Pages of what found no place beside its picture, in two columns."""
    if not book.left:
        return
    sheet, gap = book.sheet, 8.0
    wide = (sheet.width - 2 * MARGIN - gap) / 2
    waiting = []
    for number, (first, *others) in book.left:
        waiting += [replace(first, text=f"{number}, continued: {first.text}"), *others]
    while waiting:
        top = book.turn()
        for column in range(2):
            at = MARGIN + column * (wide + gap), top
            waiting = sheet.flow(at, waiting, (wide, sheet.height - MARGIN - top))
            if not waiting:
                break


def _tell_missing(book: Book, letters: list[str]) -> None:
    """What a reader of this PDF must know, at the foot of its last page."""
    if not letters:
        return
    named = ", ".join(f"U+{ord(letter):04X}" for letter in letters[:_TOLD])
    more = f" and {len(letters) - _TOLD} more" if len(letters) > _TOLD else ""
    sheet = book.sheet
    told = Words(
        text=f"No font on this machine has {named}{more}: install one that has, for example "
        "Noto Sans CJK, and export again.",
        soft=True,
    )
    sheet.flow((MARGIN, sheet.height - MARGIN + 2), [told], (sheet.width - 2 * MARGIN, 8))
