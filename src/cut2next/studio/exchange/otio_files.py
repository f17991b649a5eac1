"""OpenTimelineIO's own files: `.otio` beside a folder of stills, and `.otioz`, all in one."""

import json
import zipfile
from pathlib import Path
from typing import Any

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import read_json
from cut2next.film.writing import new_folder, whole_file
from cut2next.studio.board import Board
from cut2next.studio.exchange.format import Imported, NoOptions
from cut2next.studio.exchange.naming import file_name
from cut2next.studio.exchange.sources import FolderSources, Sources, unpacked
from cut2next.studio.exchange.stills import MEDIA, stills, write_stills
from cut2next.studio.exchange.timeline_in import board_of
from cut2next.studio.exchange.timeline_out import library, timeline_of
from cut2next.studio.pictures import PictureFolder

_CONTENT, _VERSION = "content.otio", ("version.txt", "1.0.0")
"""Of a bundle: the timeline in it, and what says which kind of bundle it is."""
_DEEPEST = 60
"""Levels of a timeline's JSON; its reader would go down to the end of the stack."""
_FAULTS = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError),
    SyntaxError,  # of XML
)
"""What OpenTimelineIO and its adapters were seen to raise on files that they cannot read."""


def write_otio(board: Board, pictures: PictureFolder, to: Path, options: NoOptions) -> None:
    """Writes a folder: the timeline and, in `media/`, the stills. See `format.Exporter`."""
    with new_folder(to) as folder:
        (folder / MEDIA).mkdir()
        text = _text(board, write_stills(board, pictures, folder / MEDIA))
        (folder / file_name(board.title, ".otio")).write_text(text, encoding="utf-8")


def write_otioz(board: Board, pictures: PictureFolder, to: Path, options: NoOptions) -> None:
    """Writes the same as one file. See `format.Exporter`."""
    with whole_file(to) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(*_VERSION)
        names = {}
        for panel, name, data in stills(board, pictures):
            bundle.writestr(f"{MEDIA}/{name}", data, zipfile.ZIP_STORED)
            names[panel] = name
        bundle.writestr(_CONTENT, _text(board, names))


def read_otio(path: Path, sources: Sources, pictures: PictureFolder, board: Board) -> Imported:
    """A timeline and what lies beside it. See `format.Importer`."""
    content = read_json(path)
    check_depth(content, path)
    return read_timeline(json.dumps(content), "otio_json", path, sources, pictures, board)


def read_otioz(path: Path, sources: Sources, pictures: PictureFolder, board: Board) -> Imported:
    """A bundle; nothing beside it is looked at. See `format.Importer`."""
    with unpacked(path) as folder:
        return read_otio(folder / _CONTENT, FolderSources(folder), pictures, board)


def read_timeline(
    text: str | bytes,
    adapter: str,
    path: Path,
    sources: Sources,
    pictures: PictureFolder,
    board: Board,
    **settings: Any,
) -> Imported:
    """What a file says, read by one of OpenTimelineIO's adapters. See `format.Importer`."""
    otio = library()
    try:
        timeline = otio.adapters.read_from_string(
            text,
            adapter,
            media_linker_name=otio.media_linker.MediaLinkingPolicy.DoNotLinkMedia,
            **settings,
        )
    except (otio.exceptions.OTIOError, *_FAULTS) as error:
        raise _refused(path, f"cannot be read ({one_line(error, 120)})") from error
    try:
        return board_of(timeline, sources, pictures, board)
    except InputError as error:
        raise InputError(
            f"{path.name}: {error.got}", expected=error.expected, hint=error.hint
        ) from error
    except (otio.exceptions.OTIOError, *_FAULTS) as error:
        raise _refused(path, f"tells no timeline ({one_line(error, 120)})") from error


def check_depth(content: Any, path: Path) -> None:
    """Raises InputError for JSON that is nested deeper than any timeline."""
    level, depth = [content], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise _refused(path, f"is nested over {_DEEPEST} levels deep")
        level = [
            child
            for value in level
            for child in (
                value.values()
                if isinstance(value, dict)
                else value
                if isinstance(value, list)
                else ()
            )
        ]


def _text(board: Board, names: dict[str, str]) -> str:
    media = {panel: f"{MEDIA}/{name}" for panel, name in names.items()}
    return str(timeline_of(board, media).to_json_string())


def _refused(path: Path, got: str) -> InputError:
    return InputError(
        f"{path.name}: {got}", expected="a timeline", hint="export it again, or as another format"
    )
