"""A folder of cuts as a plain folder (pictures and a file of JSON lines), and back, without loss.

- cuts.jsonl: one cut a line, every column of the table under its own name (`columns.Line`); scores,
  attributes and parameters are objects, and pictures are named by the files below
- images/FILM/000012-current-SHOT.jpg: the keyframes, byte for byte
- images/FILM/000012-current-truth.png: object ids, on the film set only
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from cut2next.cuts.columns import IMAGE_COLUMNS, TRUTH_COLUMNS, TRUTH_JSON, Line, faults_of
from cut2next.cuts.record import SIDES, CutRecord
from cut2next.cuts.row_checks import contradictions, picture_faults
from cut2next.cuts.schema import record_to_row, to_json, to_record
from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.keyframe import picture_suffix
from cut2next.film.paths import PICTURE, read_bytes, read_lines
from cut2next.film.writing import made_folder, new_folder

LINES, IMAGES = "cuts.jsonl", "images"
_LONGEST = 60
"""Bytes of a name that go into the name of a file; file systems take 255 in all."""


def export(records: Iterable[CutRecord], out: Path) -> int:
    """Writes a plain folder, whole or not at all; returns how many cuts it holds.

    Folders above are made. Raises OutputError when it cannot be written or is not empty.
    """
    count = 0
    with (
        made_folder(out.parent),
        new_folder(out) as folder,
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
    for number, text in read_lines(folder / LINES):
        try:
            line = read_line(text)
            files = {name: _picture(folder, path) for name, path in names_of(line).items()}
            for column, fault in picture_faults(files):
                raise _refused(f"{column}: {fault}")
        except InputError as error:
            raise InputError(
                f"{folder / LINES}, line {number}: {error.got}",
                expected=error.expected,
                hint=error.hint,
            ) from error
        yield to_record(line, files)


def _picture(folder: Path, name: str) -> bytes:
    def refuse(_: Path, fault: str) -> InputError:
        got = f"{name!r} {fault}"
        return InputError(got, expected="a picture in the folder", hint="put it there")

    path = PurePosixPath(name)
    # What a stranger wrote must not take files from elsewhere into a data set that is shared.
    inside = not path.is_absolute() and ".." not in path.parts
    try:
        inside = inside and (folder / path).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError) as error:  # the last for links in a circle
        fault = getattr(error, "strerror", None) or one_line(error)
        raise refuse(folder, f"cannot be read ({fault})") from error
    if not inside:
        raise refuse(folder, "lies outside of the folder")
    return read_bytes(folder / path, refuse, most=PICTURE)


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


def pictures(record: CutRecord) -> dict[str, bytes]:
    """The pictures of a cut by column."""
    files = {f"{side}_image": shot.image for side, shot in zip(SIDES, record.shots, strict=True)}
    for column, truth in zip(TRUTH_COLUMNS, record.truth or (), strict=False):
        files[column] = truth["object_ids"]["bytes"]
    return files


def to_line(record: CutRecord, names: Mapping[str, str]) -> str:
    """A cut in one line, given what its pictures are called."""
    row = record_to_row(record)
    for side, shot in zip(SIDES, record.shots, strict=True):
        row[f"{side}_image"] = names[f"{side}_image"]
        row[f"{side}_prompt"]["attributes"] = dict(shot.prompt.attributes)
        row[f"{side}_shot"]["scores"] = dict(shot.scores)
    row["scores"] = dict(record.scores)
    row["made_by"] = [{**vars(by), "parameters": dict(by.parameters)} for by in record.made_by]
    for column in TRUTH_COLUMNS:
        if column in row:
            texts = {name: _nested(row[column][name]) for name in TRUTH_JSON}
            row[column] = {**row[column], **texts, "object_ids": names[column]}
    return to_json({name: row[name] for name in Line.model_fields if name in row})


def read_line(text: str | bytes) -> Line:
    """What a line says, checked. Raises InputError for anything else than `to_line` writes."""
    try:
        line = Line.model_validate_json(text)
        faults = contradictions(line)
    except ValidationError as error:
        faults = faults_of(error)
    for column, fault in faults:
        raise _refused(f"{column}: {fault}" if column else fault)
    return line


def _refused(got: str) -> InputError:
    expected = "a cut as `cut2next data export` writes it"
    return InputError(got, expected=expected, hint="correct the line")


def names_of(line: Line) -> dict[str, str]:
    """What the pictures of a line are called, by column."""
    truths = {name: getattr(line, name) for name in TRUTH_COLUMNS}
    return {name: getattr(line, name) for name in IMAGE_COLUMNS} | {
        name: truth.object_ids for name, truth in truths.items() if truth is not None
    }


def _nested(text: str) -> Any:
    """JSON in a text column as JSON, unless it would come back in other words."""
    value = json.loads(text)
    return value if isinstance(value, dict | list) and to_json(value) == text else text
