"""The board as a page that opens from disk: `index.html`, and its pictures beside it."""

from pathlib import Path

from cut2next.film.writing import new_folder
from cut2next.pages.html import clock, render
from cut2next.studio.board import Board
from cut2next.studio.exchange.format import NoOptions
from cut2next.studio.exchange.rates import lasting
from cut2next.studio.exchange.stills import write_stills
from cut2next.studio.numbering import numbers
from cut2next.studio.pictures import PictureFolder

_TEMPLATE = Path(__file__).parent / "templates" / "board.html.j2"
_PICTURES = "pictures"


def write_html(board: Board, pictures: PictureFolder, to: Path, options: NoOptions) -> None:
    """Writes a folder: the page and its pictures. See `format.Exporter`."""
    with new_folder(to) as folder:
        (folder / _PICTURES).mkdir()
        names = write_stills(board, pictures, folder / _PICTURES)
        page = render(
            _TEMPLATE,
            script="board.js",
            board=board,
            pictures={panel: f"{_PICTURES}/{name}" for panel, name in names.items()},
            numbers=numbers(board),
            whole=clock(float(board.frames / board.rate)),
            lasting={panel.id: lasting(panel.frames, board.rate) for panel in board.panels},
        )
        (folder / "index.html").write_text(page, encoding="utf-8")
