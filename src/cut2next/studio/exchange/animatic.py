"""The board as one film, each panel as long as it lasts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from cut2next.film import InputError
from cut2next.film.writing import whole_file
from cut2next.pages.lettering import width, write
from cut2next.studio.board import Board
from cut2next.studio.exchange.film_out import write_film
from cut2next.studio.exchange.stills import framed
from cut2next.studio.numbering import numbers
from cut2next.studio.pictures import PictureFolder

_SHADE, _LETTERS = (0, 0, 0), (240, 240, 236)


@dataclass(frozen=True, kw_only=True)
class AnimaticOptions:
    """What is laid over the pictures."""

    numbers: bool = False
    """Every panel's number, in a corner."""


def write_animatic(
    board: Board, pictures: PictureFolder, to: Path, options: AnimaticOptions
) -> None:
    """Writes an MP4 of exactly the board's frames. See `format.Exporter`.

    Raises InputError for a board without panels.
    """
    if not board.frames:
        raise InputError("a board without panels", expected="at least one", hint="add a panel")
    with whole_file(to) as file:
        write_film(file, _shots(board, pictures, options), board.rate, (board.width, board.height))


def _shots(
    board: Board, pictures: PictureFolder, options: AnimaticOptions
) -> Iterator[tuple[Image.Image, int]]:
    names = numbers(board) if options.numbers else {}
    for panel, image in framed(board, pictures):
        yield _labelled(image, names[panel.id]) if names else image, panel.frames


def _labelled(image: Image.Image, text: str) -> Image.Image:
    image = image.copy()
    size = max(image.height // 20, 8)
    draw = ImageDraw.Draw(image)
    right = width(text, size) + 1.6 * size
    draw.rectangle((0, image.height - 2 * size, right, image.height), fill=_SHADE)
    write(draw, (0.8 * size, image.height - 0.65 * size), text, _LETTERS, size)
    return image
