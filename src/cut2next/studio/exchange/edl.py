"""CMX 3600 EDL, a list of cuts as old as tape: a short film for each panel, which it names.

It has no stills, no gaps with names and no rate; it is read at the rate of the board that is open.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cut2next.film import InputError
from cut2next.film.paths import read_bytes
from cut2next.film.writing import new_folder
from cut2next.studio.board import Board
from cut2next.studio.exchange.film_out import write_film
from cut2next.studio.exchange.format import Imported, NoOptions
from cut2next.studio.exchange.naming import file_name, stem_of
from cut2next.studio.exchange.otio_files import read_timeline
from cut2next.studio.exchange.sources import Sources
from cut2next.studio.exchange.stills import MEDIA, framed
from cut2next.studio.exchange.timeline_out import library, timeline_of
from cut2next.studio.pictures import PictureFolder

_ADAPTER = "cmx_3600"
_REEL = "AX"
"""What an editor calls media that are on no tape."""
_CUT = re.compile(r"^\d+(?=  )", re.MULTILINE)
_SHORT, _LONG = 3, 6
"""Digits of a cut's number: CMX had three; programs that go beyond 999 write six, and no four."""
_MOST = 4 * 2**20
"""Bytes of a list of cuts."""
_LIST = re.compile(r"^\s*\d+\s+\S", re.MULTILINE)


def write_edl(board: Board, pictures: PictureFolder, to: Path, options: NoOptions) -> None:
    """Writes a folder: the list and, in `media/`, a film a panel. See `format.Exporter`.

    Raises InputError for a rate that time codes do not count.
    """
    if not library().opentime.RationalTime.is_smpte_timecode_rate(float(board.rate)):
        raise InputError(
            f"an EDL at {board.rate} frames a second",
            expected="a rate that time codes count, as 24 or 25",
            hint="change the board's rate, or take OTIO or XML",
        )
    with new_folder(to) as folder:
        (folder / MEDIA).mkdir()
        names = {}
        for place, (panel, image) in enumerate(framed(board, pictures)):
            names[panel.id] = f"{stem_of(place, panel)}.mp4"
            shots = [(image, panel.frames)]
            path = folder / MEDIA / names[panel.id]
            write_film(path, shots, board.rate, (board.width, board.height))
        (folder / file_name(board.title, ".edl")).write_text(
            edl_text(board, names), encoding="utf-8"
        )


def read_edl(path: Path, sources: Sources, pictures: PictureFolder, board: Board) -> Imported:
    """A list and the films beside it. See `format.Importer`."""
    data = read_bytes(path, most=_MOST)
    text = data.decode("utf-8-sig", errors="replace")
    if not _LIST.search(text):
        raise InputError(
            f"{path.name}: has no cuts in it", expected="a CMX 3600 EDL", hint="export it again"
        )
    rate = float(board.rate)
    return read_timeline(text, _ADAPTER, path, sources, pictures, board, rate=rate)


def edl_text(board: Board, names: Mapping[str, str]) -> str:
    """The list itself; `names` are those of the films, by panel."""
    timeline = timeline_of(board, {panel: f"{MEDIA}/{name}" for panel, name in names.items()})
    timeline.name = " ".join(board.title.split()) or "Board"
    for clip, panel in zip(timeline.find_clips(), board.panels, strict=True):
        clip.name = names[panel.id]  # by which editors find the file
        lines = [*_lines(panel.action), *_lines(panel.dialogue)]
        clip.metadata[_ADAPTER] = {"reel": _REEL, "comments": lines}
    text: Any = library().adapters.write_to_string(
        timeline, _ADAPTER, rate=float(board.rate), style="avid"
    )
    title, _, cuts = str(text).partition("\n")
    digits = _SHORT if len(board.by_id) < 10**_SHORT else _LONG
    cuts = _CUT.sub(lambda number: number[0].zfill(digits), cuts)
    return f"{title}\nFCM: {_mode(board)}\n{cuts}"


def _mode(board: Board) -> str:
    """How the list counts frames, as editors want to be told before the first cut."""
    shown = library().opentime.RationalTime(0, float(board.rate)).to_timecode()
    return "DROP FRAME" if ";" in shown else "NON-DROP FRAME"


def _lines(text: str) -> list[str]:
    """A text as comments, one a line, so that none of it can be taken for a cut."""
    return [f"COMMENT: {' '.join(line.split())}" for line in text.splitlines() if line.strip()]
