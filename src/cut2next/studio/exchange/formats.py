"""The formats by name, and how a file is told to be of one. A new one needs a line here alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cut2next.film import InputError
from cut2next.film.paths import listed
from cut2next.studio.as_json import from_json
from cut2next.studio.board import Board
from cut2next.studio.exchange.animatic import AnimaticOptions, write_animatic
from cut2next.studio.exchange.edl import read_edl, write_edl
from cut2next.studio.exchange.fcp7 import read_fcp7, write_fcp7
from cut2next.studio.exchange.format import Format, Imported
from cut2next.studio.exchange.fountain import read_fountain
from cut2next.studio.exchange.html import write_html
from cut2next.studio.exchange.otio_files import read_otio, read_otioz, write_otio, write_otioz
from cut2next.studio.exchange.pdf.document import write_pdf
from cut2next.studio.exchange.pdf.options import PdfOptions
from cut2next.studio.exchange.picture_folder import read_pictures, write_pictures
from cut2next.studio.exchange.sources import FolderSources, Sources, regular_files, unpacked
from cut2next.studio.exchange.storyboarder import write_storyboarder
from cut2next.studio.exchange.storyboarder_in import read_storyboarder
from cut2next.studio.pictures import PictureFolder

FORMATS: Mapping[str, Format] = {
    format.id: format
    for format in (
        Format(
            id="otio",
            label="OpenTimelineIO",
            suffix=".otio",
            is_folder=True,
            importer=read_otio,
            exporter=write_otio,
        ),
        Format(
            id="otioz",
            label="OpenTimelineIO, with its pictures",
            suffix=".otioz",
            is_folder=False,
            importer=read_otioz,
            exporter=write_otioz,
        ),
        Format(
            id="fcp7",
            label="Final Cut Pro 7 XML, for Premiere and Resolve",
            suffix=".xml",
            is_folder=True,
            importer=read_fcp7,
            exporter=write_fcp7,
        ),
        Format(
            id="edl",
            label="EDL (CMX 3600) with short films",
            suffix=".edl",
            is_folder=True,
            importer=read_edl,
            exporter=write_edl,
        ),
        Format(
            id="pdf",
            label="PDF",
            suffix=".pdf",
            is_folder=False,
            exporter=write_pdf,
            options=PdfOptions,
        ),
        Format(
            id="html",
            label="Page for a browser",
            suffix=".html",
            is_folder=True,
            exporter=write_html,
        ),
        Format(
            id="storyboarder",
            label="Wonderunit Storyboarder",
            suffix=".storyboarder",
            is_folder=True,
            importer=read_storyboarder,
            exporter=write_storyboarder,
        ),
        Format(
            id="pictures",
            label="Pictures in a folder",
            suffix="",
            is_folder=True,
            importer=read_pictures,
            exporter=write_pictures,
        ),
        Format(
            id="fountain",
            label="Fountain script",
            suffix=".fountain",
            is_folder=False,
            importer=read_fountain,
        ),
        Format(
            id="animatic",
            label="Animatic",
            suffix=".mp4",
            is_folder=False,
            exporter=write_animatic,
            options=AnimaticOptions,
        ),
    )
}
"""In the order that a page offers them."""


def import_file(
    path: Path, format_id: str | None, sources: Sources, pictures: PictureFolder, board: Board
) -> Imported:
    """What a file, or a folder of pictures, holds, as a board of its own.

    `format_id` is what it is said to be; None is what its name says. Raises InputError for what is
    of no format that is read, or cannot be, and OutputError when a picture cannot be kept.
    """
    found = _named(format_id) if format_id else format_of(path)
    if found.importer is None:
        raise InputError(
            f"{found.label}: is not read", expected=f"one of {_readable()}", hint="name another"
        )
    return found.importer(path, sources, pictures, board)


def export(
    board: Board, pictures: PictureFolder, format_id: str, to: Path, options: Mapping[str, Any]
) -> None:
    """Writes a board as a new file, or folder, whole or not at all.

    `options` are those of the format, as JSON has them; what is not said is as by default. Raises
    InputError for a format that is not written, other options, and a picture that is gone;
    OutputError when it cannot be written.
    """
    found = _named(format_id)
    if found.exporter is None:
        names = ", ".join(each.id for each in FORMATS.values() if each.exporter)
        raise InputError(
            f"{found.label}: is not written", expected=f"one of {names}", hint="name another"
        )
    found.exporter(board, pictures, to, from_json(found.options, dict(options)))


def format_of(path: Path) -> Format:
    """The format that a path's name tells; a folder is one of pictures.

    Raises InputError where it is none that is read.
    """
    if path.is_dir():
        return FORMATS["pictures"]
    for each in FORMATS.values():
        if each.importer and each.suffix and path.name.lower().endswith(each.suffix):
            return each
    raise InputError(
        f"{path.name}: is of no format that is read",
        expected=f"one of {_readable()}",
        hint="name the format",
    )


@contextmanager
def handed_in(folder: Path) -> Iterator[tuple[Path, FolderSources]]:
    """What is to be read of files that somebody handed in together, and what lies beside it.

    A single zip is unpacked; a single timeline, script or storyboard is it; else the folder is, as
    pictures. Raises InputError for several timelines, and for a zip as `sources.unpacked` does.
    """
    files = [path for path in listed(folder) if not path.name.startswith(".")]
    if len(files) == 1 and files[0].suffix.lower() == ".zip":
        with unpacked(files[0]) as inside:
            yield _main(inside), FolderSources(inside)
    else:
        yield _main(folder), FolderSources(folder)


def _main(folder: Path) -> Path:
    ends = tuple(each.suffix for each in FORMATS.values() if each.importer and each.suffix)
    found = [
        folder / path
        for path in sorted(regular_files(folder))
        if path.name.lower().endswith(ends) and not path.name.startswith(".")  # as macOS adds
    ]
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:3])
        raise InputError(
            f"{len(found)} files to read: {names}", expected="one", hint="hand in one at a time"
        )
    return found[0] if found else folder


def _named(format_id: str) -> Format:
    if format_id not in FORMATS:
        raise InputError(
            f"a format {format_id[:40]!r}",
            expected=f"one of {', '.join(FORMATS)}",
            hint="see the page's list",
        )
    return FORMATS[format_id]


def _readable() -> str:
    return ", ".join(each.id for each in FORMATS.values() if each.importer)
