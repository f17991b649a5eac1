"""What a format is: a way in, a way out, or both."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cut2next.studio.board import Board
from cut2next.studio.exchange.sources import Sources
from cut2next.studio.pictures import PictureFolder


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a file holds, as a board of its own; the one that is open is not changed by it."""

    board: Board
    told: tuple[str, ...] = ()
    """Sentences on what was left out, for a person."""


@dataclass(frozen=True, kw_only=True)
class NoOptions:
    """Of a format that has none."""


Importer = Callable[[Path, Sources, PictureFolder, Board], Imported]
"""A file, or a folder; what lies beside it; where pictures go; and the board that is open, whose
panels are known by their ids and whose rate and size hold where a file says nothing of them.
Raises InputError for what cannot be read, and OutputError when a picture cannot be kept."""
Exporter = Callable[[Board, PictureFolder, Path, Any], None]
"""Writes one new file or folder, whole or not at all; the last is of the format's `options`.
Raises InputError when a picture is gone, and OutputError when it cannot be written."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format by the name that pages and commands know it by."""

    id: str
    label: str
    suffix: str
    """Of the file that is read, with its dot; of a folder's main file, or of nothing, empty."""
    is_folder: bool
    """Whether a folder is written, which a page hands on as a zip."""
    importer: Importer | None = None
    exporter: Exporter | None = None
    options: type = NoOptions
    """A dataclass that `as_json` reads, with a default for every field."""
