"""Panels' pictures as files beside what names them, each as it lies on the board, to the byte."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

from cut2next.film.keyframe import picture_suffix
from cut2next.pages.lettering import width, wrapped, write
from cut2next.studio.board import Board, Panel
from cut2next.studio.exchange.naming import stem_of
from cut2next.studio.pictures import PictureFolder

MEDIA = "media"
"""The folder that they lie in, beside the file that names them."""
_GROUND, _LETTERS = (38, 40, 45), (190, 190, 188)


def stills(board: Board, pictures: PictureFolder) -> Iterator[tuple[str, str, bytes]]:
    """Of every panel that has a picture: its id, the picture's name as a file, and the file.

    Raises InputError when one is gone.
    """
    for place, panel in enumerate(board.panels):
        if panel.picture is not None:
            data = pictures.read(panel.picture)
            yield panel.id, f"{stem_of(place, panel)}.{picture_suffix(data)}", data


def write_stills(board: Board, pictures: PictureFolder, folder: Path) -> dict[str, str]:
    """Writes them. Returns their names by panel. Raises InputError when one is gone."""
    names = {}
    for panel, name, data in stills(board, pictures):
        (folder / name).write_bytes(data)
        names[panel] = name
    return names


def write_cards(board: Board, folder: Path) -> dict[str, str]:
    """Writes a card for every panel that has no picture. Returns their names by panel."""
    names = {}
    for place, panel in enumerate(board.panels):
        if panel.picture is None:
            names[panel.id] = f"{stem_of(place, panel)}.png"
            card(board, place, panel).save(folder / names[panel.id], format="PNG")
    return names


def framed(board: Board, pictures: PictureFolder) -> Iterator[tuple[Panel, Image.Image]]:
    """Every panel in the board's frame: its picture whole, on black, or a card."""
    for place, panel in enumerate(board.panels):
        if panel.picture is None:
            yield panel, card(board, place, panel)
        else:
            yield panel, fitted(pictures.image(panel.picture), (board.width, board.height))


def fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture as large as it goes into a size, in the middle of black."""
    if image.size == size:
        return image
    scale = min(size[0] / image.width, size[1] / image.height)
    inner = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    ground = Image.new("RGB", size)
    scaled = image.resize(inner, Image.Resampling.LANCZOS)
    ground.paste(scaled, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return ground


def card(board: Board, place: int, panel: Panel) -> Image.Image:
    """What stands for a panel without a picture: its place and what happens, on grey."""
    image = Image.new("RGB", (board.width, board.height), _GROUND)
    size = max(board.height // 18, 8)
    lines = [f"{place + 1}", *wrapped(panel.action, size, 0.8 * board.width, 4)]
    top = (board.height - len(lines) * 1.4 * size) / 2 + size
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        left = (board.width - width(line, size)) / 2
        write(draw, (left, top + 1.4 * size * number), line, _LETTERS, size)
    return image
