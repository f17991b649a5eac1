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

from cut2next.cuts.columns import IMAGE_COLUMNS, TRUTH_COLUMNS, TRUTH_JSON, Line
from cut2next.cuts.record import SIDES, CutRecord
from cut2next.cuts.schema import Row, record_to_row, row_to_record, to_json, to_mapping, to_pairs
from cut2next.film import InputError, cut_id
from cut2next.film.keyframe import picture_suffix
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


def pictures(record: CutRecord) -> dict[str, bytes]:
    """The pictures of a cut by column."""
    files = {f"{side}_image": shot.image for side, shot in zip(SIDES, record.shots, strict=True)}
    for column, truth in zip(TRUTH_COLUMNS, record.truth or (), strict=False):
        files[column] = truth["object_ids"]["bytes"]
    return files


def to_line(record: CutRecord, names: Mapping[str, str]) -> str:
    """A cut in one line, given what its pictures are called."""
    row = record_to_row(record)
    for side in SIDES:
        row[f"{side}_image"] = names[f"{side}_image"]
        row[f"{side}_prompt"]["attributes"] = to_mapping(row[f"{side}_prompt"]["attributes"])
        row[f"{side}_shot"]["scores"] = to_mapping(row[f"{side}_shot"]["scores"])
    row["scores"] = to_mapping(row["scores"])
    row["made_by"] = [{**by, "parameters": json.loads(by["parameters"])} for by in row["made_by"]]
    for column in TRUTH_COLUMNS:
        if column in row:
            texts = {name: _nested(row[column][name]) for name in TRUTH_JSON}
            row[column] = {**row[column], **texts, "object_ids": names[column]}
    return to_json({name: row[name] for name in Line.model_fields if name in row})


def read_line(text: str | bytes) -> dict[str, Any]:
    """What a line says, checked. Raises InputError for anything else than `to_line` writes."""
    try:
        return Line.model_validate_json(text).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        fault = first["msg"].removeprefix("Value error, ")
        where = ".".join(str(step) for step in first["loc"])
        raise InputError(
            f"{where}: {fault}" if where else fault,
            expected="a cut as `cut2next data export` writes it",
            hint="correct the line",
        ) from error


def names_of(values: Mapping[str, Any]) -> dict[str, str]:
    """What the pictures of a line are called, by column."""
    images = {column: values[column] for column in IMAGE_COLUMNS}
    truths = [column for column in TRUTH_COLUMNS if values.get(column)]
    return images | {column: values[column]["object_ids"] for column in truths}


def to_record(values: Mapping[str, Any], files: Mapping[str, bytes]) -> CutRecord:
    """The cut that a line tells of, given its pictures. Raises InputError where it contradicts."""
    row: Row = dict(values)
    for side in SIDES:
        row[f"{side}_image"] = {"bytes": files[f"{side}_image"]}
        for column in (f"{side}_prompt", f"{side}_shot"):
            name = "attributes" if column.endswith("prompt") else "scores"
            row[column] = {**values[column], name: to_pairs(values[column][name])}
    row["scores"] = to_pairs(values["scores"])
    row["made_by"] = [{**by, "parameters": to_json(by["parameters"])} for by in values["made_by"]]
    for column in TRUTH_COLUMNS:
        if truth := row.pop(column, None):
            texts = {name: _flat(truth[name]) for name in TRUTH_JSON}
            row[column] = {**truth, **texts, "object_ids": {"bytes": files[column], "path": None}}
    record = row_to_record(row)
    if record.id != values["id"]:
        raise InputError(
            f"the id is {values['id']!r}",
            expected=repr(record.id),
            hint=cut_id("film", "current", "next"),
        )
    return record


def _nested(text: str) -> Any:
    """JSON in a text column as JSON, unless it would come back in other words."""
    value = json.loads(text)
    return value if isinstance(value, dict | list) and to_json(value) == text else text


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)
