"""A folder of pictures: PNGs that say what they show and where they come from; any, on the way in.

Our own bring their panels home, by what is written in them, or by their names.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import ImageChops
from PIL.PngImagePlugin import PngInfo

from cut2next import __version__
from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.keyframe import write_png
from cut2next.film.paths import read_bytes
from cut2next.film.png_prompt import CHUNK, prompt_from_json, prompt_to_json, read_png_text
from cut2next.film.writing import new_folder
from cut2next.generation.provenance import quoted, source_type_xmp
from cut2next.studio.as_json import from_json, to_json
from cut2next.studio.board import Board, Origin, Panel, Picture, Scene, new_id
from cut2next.studio.checks import LINE, PANELS
from cut2next.studio.exchange.format import Imported, NoOptions
from cut2next.studio.exchange.media import is_still, is_there
from cut2next.studio.exchange.metadata import told_panel
from cut2next.studio.exchange.naming import panel_named, stem_of
from cut2next.studio.exchange.scenes import Placed, scenes_of
from cut2next.studio.exchange.sources import Sources, regular_files
from cut2next.studio.exchange.told import Told, shown
from cut2next.studio.pictures import MOST_BYTES, PictureFolder

_SOURCE_TYPES = {
    Origin.MADE: "trainedAlgorithmicMedia",
    Origin.DRAWN: "digitalCreation",
    Origin.CAMERA: "digitalCapture",
}
"""IPTC's words; a picture of unknown origin gets none."""
_LASTING = 2
"""Seconds, of a panel that comes as a picture alone."""
_MOST_SIDE = 1920
"""Pixels, of a board that takes its shape from a picture."""
_DIGITS = re.compile(r"(\d+)")


def write_pictures(board: Board, pictures: PictureFolder, to: Path, options: NoOptions) -> None:
    """Writes a folder with a PNG for every panel that has a picture. See `format.Exporter`."""
    seeds = {each.picture.sha256: each.way.seed for each in board.candidates}
    with new_folder(to) as folder:
        place = 0
        for scene in board.scenes:
            for panel in scene.panels:
                if panel.picture is not None:
                    image = pictures.image(panel.picture)
                    seed = seeds.get(panel.picture.sha256)
                    text = _text(panel, scene, seed, read_png_text(image))
                    write_png(image, folder / f"{stem_of(place, panel)}.png", text)
                place += 1


def _text(panel: Panel, scene: Scene, seed: int | None, told: dict[str, Any]) -> PngInfo:
    """The panel, what its picture was made by, and what that says of itself already."""
    picture = panel.picture
    assert picture is not None
    chunk = {**told, "panel": to_json(panel), "scene": to_json(replace(scene, panels=()))}
    text = PngInfo()
    if panel.shows is not None:
        chunk["shot"] = prompt_to_json(panel.shows)
        text.add_text("parameters", _parameters(panel, picture, seed))
    text.add_text(CHUNK, json.dumps(chunk))
    origin = Origin.MADE if "made" in told else picture.origin
    if origin in _SOURCE_TYPES:
        text.add_itxt("XML:com.adobe.xmp", source_type_xmp(_SOURCE_TYPES[origin]))
    return text


def _parameters(panel: Panel, picture: Picture, seed: int | None) -> str:
    """The form begun by the AUTOMATIC1111 web UI, with what is known."""
    assert panel.shows is not None
    settings = {
        "Steps": panel.way.steps,
        "CFG scale": panel.way.guidance,
        "Seed": seed,
        "Size": f"{picture.width}x{picture.height}",
        "Version": f"cut2next {__version__}",
    }
    line = ", ".join(f"{key}: {quoted(str(at))}" for key, at in settings.items() if at is not None)
    return f"{' '.join(panel.shows.text.split())}\n{line}"


def read_pictures(path: Path, sources: Sources, pictures: PictureFolder, board: Board) -> Imported:
    """All pictures of a folder, in the order of their names. See `format.Importer`.

    A folder in it is a scene.
    """
    told = Told()
    files = [file for file in regular_files(path) if not file.name.startswith(".")]
    found = sorted(filter(lambda file: is_still(file.name), files), key=_natural)
    if not found or len(found) > PANELS:
        raise InputError(
            f"a folder of {len(found):,} pictures", expected=f"1 to {PANELS:,}", hint="name another"
        )
    if len(files) > len(found):
        told.add("{} left out that are no pictures", "file", len(files) - len(found))
    home = _Home(path, board, pictures, told)
    placed = list(home.panels(found))
    scenes = scenes_of(placed, home.scenes)
    return Imported(board=_sized(replace(board, scenes=scenes), board), told=told.sentences)


class _Home:
    """Brings pictures home as panels, each id once."""

    def __init__(self, folder: Path, board: Board, pictures: PictureFolder, told: Told) -> None:
        self._folder, self._board, self._pictures, self._told = folder, board, pictures, told
        self._scene_of = {panel.id: scene.id for scene in board.scenes for panel in scene.panels}
        self._scenes = {scene.id: replace(scene, panels=()) for scene in board.scenes}
        self._folders: dict[Path, str] = {}
        self._seen: set[str] = set()

    @property
    def scenes(self) -> list[Scene]:
        """Those that panels may be said to be of."""
        return list(self._scenes.values())

    def panels(self, files: list[Path]) -> Iterator[Placed]:
        for file in files:
            try:
                data = read_bytes(self._folder / file, most=MOST_BYTES)
                picture = self._pictures.add_bytes(data, source=one_line(shown(file.name), LINE))
            except InputError as error:
                self._told.add("{} that cannot be read: " + one_line(error.got, 120), "picture")
                continue
            own = CHUNK.encode() in data
            chunk = read_png_text(self._pictures.image(picture)) if own else {}
            yield self._placed(file, picture, chunk)

    def _placed(self, file: Path, picture: Picture, chunk: dict[str, Any]) -> Placed:
        named = panel_named(file.name)
        panel = told_panel(chunk.get("panel"))
        if panel is None and named is not None:
            panel = self._board.by_id.get(named.id)
        if panel is None:
            frames = round(_LASTING * self._board.rate)
            shows = prompt_from_json(chunk.get("shot"))
            panel = Panel(id=named.id if named else new_id(), frames=frames, shows=shows)
        ident = new_id() if panel.id in self._seen else panel.id
        self._seen.add(ident)
        kept = replace(panel, id=ident, picture=self._kept(panel.picture, picture))
        return Placed(panel=kept, scene=self._scene(file, panel, chunk))

    def _kept(self, before: Picture | None, picture: Picture) -> Picture:
        """The picture that a panel had where the new one looks the same: its file says more now."""
        if before is None:
            return picture
        if not is_there(before, self._pictures):
            return replace(picture, origin=before.origin, source=before.source)
        images = [self._pictures.image(each) for each in (before, picture)]
        same = images[0].size == images[1].size and not ImageChops.difference(*images).getbbox()
        return before if same else picture

    def _scene(self, file: Path, panel: Panel, chunk: dict[str, Any]) -> str | None:
        """By what the picture says, by the panel, or by the folder that it lies in."""
        if isinstance(chunk.get("scene"), dict):
            with suppress(InputError):
                scene = from_json(Scene, chunk["scene"])
                return self._scenes.setdefault(scene.id, replace(scene, panels=())).id
        if panel.id in self._scene_of:
            return self._scene_of[panel.id]
        if file.parent not in self._folders:
            heading = "" if file.parent == Path() else str(file.parent)
            scene = Scene(id=new_id(), heading=one_line(shown(heading), LINE))
            self._scenes[scene.id] = scene
            self._folders[file.parent] = scene.id
        return self._folders[file.parent]


def _sized(board: Board, before: Board) -> Board:
    """A board that was empty takes the shape of its first picture."""
    first = next((panel.picture for panel in board.panels if panel.picture), None)
    if first is None or any(before.panels):
        return board
    scale = min(1, _MOST_SIDE / max(first.width, first.height))
    width, height = (max(2 * round(side * scale / 2), 16) for side in (first.width, first.height))
    return replace(board, width=width, height=height)


def _natural(file: Path) -> tuple[list[Any], list[Any]]:
    """So that 2 comes before 10, and a folder's own pictures before those of folders in it."""

    def parted(text: str) -> list[tuple[int, int, str]]:
        return [
            (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
            for part in _DIGITS.split(text)
            if part
        ]

    return [parted(part) for part in file.parent.parts], parted(file.name)
