"""A folder of cuts as a plain folder (pictures and a file of JSON lines), and back, without loss.

- cuts.jsonl: one cut a line (`plain_line.py`)
- images/FILM/000012-current-SHOT.jpg: the keyframes, byte for byte
- images/FILM/000012-current-truth.png: object ids, on the film set only
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from cut2next.cuts.plain_line import names_of, pictures, read_line, to_line, to_record
from cut2next.cuts.record import CutRecord
from cut2next.film import InputError, OutputError
from cut2next.film.keyframe import picture_suffix
from cut2next.film.writing import replaced_folder

LINES, IMAGES = "cuts.jsonl", "images"
_LONGEST = 60
"""Bytes of a name that go into the name of a file; file systems take 255 in all."""


def export(records: Iterable[CutRecord], out: Path) -> int:
    """Writes a plain folder, whole or not at all; returns how many cuts it holds.

    Raises OutputError when it cannot be written or is not empty.
    """
    if os.path.lexists(out) and not (out.is_dir() and not any(out.iterdir())):
        raise OutputError(f"{out}: is there already", expected="a new folder", hint="name another")
    count = 0
    with (
        replaced_folder(out) as folder,
        (folder / LINES).open("w", encoding="utf-8", newline="\n") as lines,
    ):
        for count, record in enumerate(records, 1):
            names = {}
            for column, data in pictures(record).items():
                names[column] = _file_name(record, column, data, count - 1)
                file = folder / names[column]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            lines.write(to_line(record, names) + "\n")
    return count


def read_plain(folder: Path) -> Iterator[CutRecord]:
    """The records of a plain folder.

    Raises InputError, here, when it is none; while reading, with its number, for a line that is no
    cut or whose pictures are missing.
    """
    if not (folder / LINES).is_file():
        raise InputError(
            f"{folder}: holds no {LINES}",
            expected="a plain folder",
            hint="`cut2next data export` writes one",
        )
    return _read(folder)


def _read(folder: Path) -> Iterator[CutRecord]:
    with (folder / LINES).open("rb") as lines:  # so that nothing but a newline ends a line
        for number, line in enumerate(lines, 1):
            try:
                values = read_line(line)
                files = {name: _picture(folder, path) for name, path in names_of(values).items()}
                record = to_record(values, files)
            except InputError as error:
                raise InputError(
                    f"{folder / LINES}, line {number}: {error.got}",
                    expected=error.expected,
                    hint=error.hint,
                ) from error
            yield record


def _picture(folder: Path, name: str) -> bytes:
    path = PurePosixPath(name)
    # What a stranger wrote must not take files from elsewhere into a data set that is shared.
    inside = not path.is_absolute() and ".." not in path.parts
    try:
        if inside and (folder / path).resolve().is_relative_to(folder.resolve()):
            return (folder / path).read_bytes()
        fault = "lies outside of the folder"
    except (OSError, ValueError) as error:
        fault = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    raise InputError(f"{name!r} {fault}", expected="a picture in the folder", hint="put it there")


def _file_name(record: CutRecord, column: str, data: bytes, number: int) -> str:
    """Where a picture goes; its number makes it unique whatever the names are."""
    side, _, kind = column.partition("_")
    shot = record.current if side == "current" else record.next
    what = "truth" if kind == "truth" else _safe(shot.name)
    return f"{IMAGES}/{_safe(record.film)}/{number:06d}-{side}-{what}.{picture_suffix(data)}"


def _safe(name: str) -> str:
    """A name as part of a path on any system: letters of every script, digits, spaces, "-_.()"."""
    kept = "".join(sign if sign.isalnum() or sign in " -_.()" else "_" for sign in name)
    short = kept.encode()[:_LONGEST].decode(errors="ignore")
    return short.strip(" .") or "_"
