"""Final Cut Pro 7's XML, which Premiere, Resolve and most others read: stills in `media/`.

It forgets all that only a board knows, but names of files, and a clip's fields for comments: what
happens, what is said, notes. A panel without a picture is a card, since gaps have no names.
"""

from pathlib import Path
from typing import Any
from xml.parsers import expat

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import read_bytes
from cut2next.film.writing import new_folder
from cut2next.studio.board import Board
from cut2next.studio.exchange.format import Imported, NoOptions
from cut2next.studio.exchange.naming import file_name
from cut2next.studio.exchange.otio_files import read_timeline
from cut2next.studio.exchange.sources import Sources
from cut2next.studio.exchange.stills import MEDIA, write_cards, write_stills
from cut2next.studio.exchange.timeline_in import COMMENTS
from cut2next.studio.exchange.timeline_out import library, timeline_of
from cut2next.studio.pictures import PictureFolder

_DEEPEST = 100
"""Elements within each other."""
_ADAPTER = "fcp_xml"


def write_fcp7(board: Board, pictures: PictureFolder, to: Path, options: NoOptions) -> None:
    """Writes a folder: the XML and, in `media/`, stills. See `format.Exporter`."""
    with new_folder(to) as folder:
        (folder / MEDIA).mkdir()
        names = write_stills(board, pictures, folder / MEDIA)
        names |= write_cards(board, folder / MEDIA)
        media = {panel: f"{MEDIA}/{name}" for panel, name in names.items()}
        text = _text(board, timeline_of(board, media))
        (folder / file_name(board.title, ".xml")).write_text(text, encoding="utf-8")


def read_fcp7(path: Path, sources: Sources, pictures: PictureFolder, board: Board) -> Imported:
    """A timeline and what lies beside it. See `format.Importer`."""
    data = read_bytes(path)
    check_xml(data, path)
    return read_timeline(data, _ADAPTER, path, sources, pictures, board)


def check_xml(data: bytes, path: Path) -> None:
    """Raises InputError for what is no XML, is nested too deep, or defines entities.

    Those could stand for other files, or for more text than a machine holds.
    """
    parser, depth = expat.ParserCreate(), 0

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _refused(path, f"is nested over {_DEEPEST} elements deep")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise _refused(path, "defines entities")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _refused(path, f"is no XML ({one_line(error, 80)})") from error


def _text(board: Board, timeline: Any) -> str:
    otio = library()
    size = {"width": board.width, "height": board.height, "pixelaspectratio": "square"}
    video = {"video": {"format": {"samplecharacteristics": size}}}
    timeline.metadata[_ADAPTER] = {"media": video}
    for clip, panel in zip(timeline.find_clips(), board.panels, strict=True):
        comments = {field: getattr(panel, name) for name, field in COMMENTS.items()}
        clip.metadata[_ADAPTER] = {"comments": comments}
        # Else the adapter says that a still has sound.
        clip.media_reference.metadata[_ADAPTER] = {"media": video}
    return str(otio.adapters.write_to_string(timeline, _ADAPTER))


def _refused(path: Path, got: str) -> InputError:
    return InputError(f"{path.name}: {got}", expected="a timeline in XML", hint="export it again")
