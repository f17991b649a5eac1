"""Reads Wonderunit Storyboarder's files; `storyboarder` says what is in them."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

from PIL import Image

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.keyframe import read_layer
from cut2next.film.paths import read_json
from cut2next.studio.board import Board, Origin, Panel, Picture, new_id
from cut2next.studio.checks import FRAMES, LINE, PANELS, check_id
from cut2next.studio.exchange.format import Imported
from cut2next.studio.exchange.media import is_there
from cut2next.studio.exchange.metadata import told_board, told_panel
from cut2next.studio.exchange.otio_files import check_depth
from cut2next.studio.exchange.rates import Clock, rate_near
from cut2next.studio.exchange.scenes import Placed, scenes_of
from cut2next.studio.exchange.sources import Sources
from cut2next.studio.exchange.timeline_out import OURS
from cut2next.studio.exchange.told import Told, shown
from cut2next.studio.pictures import PictureFolder

_LAYERS = ("shot-generator", "reference", "fill", "tone", "pencil", "ink", "notes")
"""From the lowest up, as Storyboarder draws them."""
_PAPER = "white"
_HEIGHT = 720
"""Pixels, of a board that does not say."""
_LASTING = 2000
"""Milliseconds, of a panel in a file that does not say."""


def read_storyboarder(
    path: Path, sources: Sources, pictures: PictureFolder, board: Board
) -> Imported:
    """A storyboard and the drawings beside it. See `format.Importer`."""
    content = read_json(path)
    check_depth(content, path)
    boards = content.get("boards") if isinstance(content, dict) else None
    if not isinstance(boards, list) or len(boards) > PANELS:
        raise InputError(
            f"{path.name}: has no boards, or too many",
            expected=f"a storyboard of at most {PANELS:,}",
            hint="save it again in Storyboarder",
        )
    told = Told()
    frame = _frame(content, pictures, board, path)
    home = _Home(content, frame, board, sources, pictures, told)
    scenes = scenes_of(home.panels(boards), frame.scenes)
    return Imported(board=replace(frame, scenes=scenes), told=told.sentences)


class _Home:
    """Brings boards home as panels, each id once."""

    def __init__(
        self,
        content: dict[str, Any],
        frame: Board,
        board: Board,
        sources: Sources,
        pictures: PictureFolder,
        told: Told,
    ) -> None:
        self._lasting = _number(content.get("defaultBoardTiming"), _LASTING)
        self._rate, self._known = frame.rate, board.by_id
        self._scenes = {panel.id: scene.id for scene in board.scenes for panel in scene.panels}
        self._sources, self._pictures, self._told = sources, pictures, told
        self._seen: set[str] = set()

    def panels(self, boards: list[Any]) -> Iterator[Placed]:
        clock = Clock(self._rate)
        for given in boards:
            told = given if isinstance(given, dict) else {}
            milliseconds = max(_number(told.get("duration"), self._lasting), Fraction(0))
            frames = clock.frames_for(milliseconds / 1000)
            if not FRAMES.least <= frames <= FRAMES.most:
                self._told.add("{} of no length, or too long to count, left out", "panel")
                continue
            if told.get("audio"):
                self._told.add("{} with sound, which was left out", "panel")
            yield self._placed(told, frames)

    def _placed(self, told: dict[str, Any], frames: int) -> Placed:
        own = told[OURS] if isinstance(told.get(OURS), dict) else {}
        scene = own.get("scene") if isinstance(own.get("scene"), str) else None
        name = _id(told.get("uid"))
        panel = told_panel(own.get("panel")) or self._known.get(name)
        panel = panel or Panel(id=name, frames=frames)
        picture = self._picture(told, own, panel.picture)
        ident = new_id() if panel.id in self._seen else panel.id
        self._seen.add(ident)
        return Placed(
            panel=replace(
                panel,
                id=ident,
                frames=frames,
                picture=picture,
                continues=told.get("newShot") is not True and len(self._seen) > 1,
                dialogue=shown(str(told.get("dialogue") or "")),
                action=shown(str(told.get("action") or "")),
                notes=shown(str(told.get("notes") or "")),
            ),
            scene=scene or self._scenes.get(panel.id),
        )

    def _picture(
        self, told: dict[str, Any], own: dict[str, Any], before: Picture | None
    ) -> Picture | None:
        """The drawing; the picture that it was made of, where nobody has drawn on it since."""
        kept = before if before and is_there(before, self._pictures) else None
        try:
            layers = list(self._layers(told))
            if len(layers) == 1 and sha256(layers[0][0]).hexdigest() == own.get("layer"):
                return kept or self._original(own, before)
            name = str(told.get("url"))[:LINE]
            if not layers:
                return self._without_layers(name) or kept
            image = _laid(layers, name)
            return self._pictures.add_image(image, origin=Origin.DRAWN, source=_source(name))
        except InputError as error:
            self._told.add("{} that cannot be read: " + one_line(error.got, 120), "drawing")
            return kept

    def _original(self, own: dict[str, Any], before: Picture | None) -> Picture | None:
        data = self._sources.bytes_of(str(own.get("original") or ""))
        if data is None:
            return None
        origin = before.origin if before else Origin.UNKNOWN
        found = self._pictures.add_bytes(data, origin=origin)
        return before if before and before.sha256 == found.sha256 else found

    def _without_layers(self, name: str) -> Picture | None:
        """The whole drawing, as older versions have it, or a preview."""
        for each in (name, name.removesuffix(".png") + "-posterframe.jpg"):
            if data := self._sources.bytes_of(each):
                return self._pictures.add_bytes(data, origin=Origin.DRAWN, source=_source(name))
        return None

    def _layers(self, told: dict[str, Any]) -> Iterator[tuple[bytes, float]]:
        """The files of a board's layers, from the lowest, and how opaque each is."""
        layers = told["layers"] if isinstance(told.get("layers"), dict) else {}
        for name in _LAYERS:
            layer = layers.get(name)
            if not isinstance(layer, dict) or not isinstance(layer.get("url"), str):
                continue
            if data := self._sources.bytes_of(layer["url"]):
                yield data, float(_number(layer.get("opacity"), 1))
            else:
                self._told.add("{} not among the files that came with it", "drawing")


def _frame(content: dict[str, Any], pictures: PictureFolder, board: Board, path: Path) -> Board:
    """The board that the file is, but for its panels."""
    rate = rate_near(_number(content.get("fps"), board.rate))
    if told := told_board(content.get(OURS), pictures):
        return replace(told, rate=rate)
    aspect = _number(content.get("aspectRatio"), Fraction(board.width, board.height))
    width = 2 * round(min(max(aspect, Fraction(1, 10)), Fraction(10)) * _HEIGHT / 2)
    title = one_line(shown(path.stem), LINE)
    return replace(
        board, title=title, rate=rate, width=width, height=_HEIGHT, scenes=(), candidates=()
    )


def _laid(layers: list[tuple[bytes, float]], name: str) -> Image.Image:
    """Layers over each other, on paper; all are brought to the size of the lowest."""
    whole: Image.Image | None = None
    for data, opacity in layers:
        layer = read_layer(data, name)
        if whole is None:
            whole = Image.new("RGBA", layer.size, _PAPER)
        if layer.size != whole.size:
            layer = layer.resize(whole.size, Image.Resampling.LANCZOS)
        if opacity < 1:
            levels = [round(level * max(opacity, 0.0)) for level in range(256)]
            layer.putalpha(layer.getchannel("A").point(levels))
        whole = Image.alpha_composite(whole, layer)
    assert whole is not None
    return whole.convert("RGB")


def _number(told: Any, otherwise: float | Fraction) -> Fraction:
    good = isinstance(told, int | float) and not isinstance(told, bool) and isfinite(told)
    return Fraction(told if good else otherwise)


def _id(uid: Any) -> str:
    """Storyboarder's name of a board as ours, so that it is known when it comes again."""
    name = str(uid).lower()
    try:
        check_id(name, "a panel")
    except InputError:
        return new_id()
    return name


def _source(name: str) -> str:
    return one_line(shown(name), LINE)
