"""Wonderunit Storyboarder's files: JSON that names drawings in `images/`, layer by layer.

A picture goes out as the layer for references, at the size that Storyboarder draws at; beside it
lies the original, which comes home unless the layer was drawn on. Our part of the JSON stands under
"cut2next", which Storyboarder leaves as it is.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from cut2next.film.keyframe import picture_kind, picture_suffix
from cut2next.film.writing import new_folder
from cut2next.studio.as_json import to_json
from cut2next.studio.board import Board, Panel
from cut2next.studio.exchange.format import NoOptions
from cut2next.studio.exchange.naming import file_name
from cut2next.studio.exchange.stills import fitted
from cut2next.studio.exchange.timeline_out import OURS, without_panels
from cut2next.studio.numbering import numbers
from cut2next.studio.pictures import PictureFolder

IMAGES, LAYER = "images", "reference"
_VERSION = "3.0.0"
"""Of Storyboarder, whose files these are like."""
_SIDE = 900
"""Pixels of the shorter side of its drawings."""
_SMALL = 120
"""Pixels, of the height of a preview."""


def write_storyboarder(board: Board, pictures: PictureFolder, to: Path, options: NoOptions) -> None:
    """Writes a folder: the storyboard and, in `images/`, its drawings. See `format.Exporter`."""
    with new_folder(to) as folder:
        (folder / IMAGES).mkdir()
        told = {
            "version": _VERSION,
            "aspectRatio": board.width / board.height,
            "fps": float(board.rate),
            "defaultBoardTiming": 2000,
            OURS: {"board": to_json(without_panels(board))},
            "boards": list(_boards(board, pictures, folder / IMAGES)),
        }
        text = json.dumps(told, indent=2, ensure_ascii=False)
        (folder / file_name(board.title, ".storyboarder")).write_text(text, encoding="utf-8")


def _boards(board: Board, pictures: PictureFolder, folder: Path) -> Iterator[dict[str, Any]]:
    scenes = {panel.id: scene.id for scene in board.scenes for panel in scene.panels}
    shots, begun = numbers(board), 0
    for place, panel in enumerate(board.panels, 1):
        name = f"board-{place}-{panel.id}"
        # Edges are rounded, not lengths, so that frames can be told again.
        start, end = (_milliseconds(board, frames) for frames in (begun, begun + panel.frames))
        begun += panel.frames
        layers, own = _drawn(board, panel, pictures, folder / name)
        yield {
            "uid": panel.id,
            "url": f"{name}.png",
            "newShot": not panel.continues,
            "lastEdited": 0,
            "number": place,
            "shot": shots[panel.id],
            "time": start,
            "duration": end - start,
            "dialogue": panel.dialogue,
            "action": panel.action,
            "notes": panel.notes,
            "layers": layers,
            OURS: {"panel": to_json(panel), "scene": scenes[panel.id], **own},
        }


def _drawn(
    board: Board, panel: Panel, pictures: PictureFolder, path: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """Writes a panel's drawing. Returns its layers, and what to know the original by."""
    if panel.picture is None:
        return {}, {}
    data = pictures.read(panel.picture)
    image = fitted(pictures.image(panel.picture), _size(board))
    layer = data if picture_kind(data) == "png" and image.size == _sides(panel) else _png(image)
    url = f"{path.name}-{LAYER}.png"
    path.with_name(url).write_bytes(layer)
    height = _SMALL
    preview = image.resize((max(round(height * image.width / image.height), 1), height))
    path.with_name(f"{path.name}-thumbnail.png").write_bytes(_png(preview))
    original = f"{path.name}-original.{picture_suffix(data)}"
    path.with_name(original).write_bytes(data)
    known = {"original": original, "layer": sha256(layer).hexdigest()}
    return {LAYER: {"url": url, "opacity": 1}}, known


def _milliseconds(board: Board, frames: int) -> int:
    return round(Fraction(frames * 1000) / board.rate)


def _size(board: Board) -> tuple[int, int]:
    scale = Fraction(_SIDE, min(board.width, board.height))
    return round(board.width * scale), round(board.height * scale)


def _sides(panel: Panel) -> tuple[int, int]:
    assert panel.picture is not None
    return panel.picture.width, panel.picture.height


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()
