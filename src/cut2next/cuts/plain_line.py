"""One cut as a line of JSON that people and other programs read, and back.

Every column of the table is there under its own name; scores, attributes and parameters are objects
and pictures are the names of files beside it.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cut2next.cuts.columns import IMAGE_COLUMNS, TRUTH_COLUMNS, TRUTH_JSON, Line
from cut2next.cuts.record import SIDES, CutRecord
from cut2next.cuts.schema import Row, record_to_row, row_to_record, to_json, to_mapping, to_pairs
from cut2next.film import InputError, cut_id

Files = Mapping[str, bytes]
"""What pictures hold, by column: "current_image", "next_truth", ..."""


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


def to_record(values: Mapping[str, Any], files: Files) -> CutRecord:
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
