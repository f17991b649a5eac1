"""One cut as a line of JSON that people and other programs read, and back.

Every column of the table is there under its own name; scores, attributes and parameters are objects
and pictures are the names of files beside it.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from cut2next.cuts.record import REJECTED, SIDES, CutRecord
from cut2next.cuts.schema import (
    FORMAT,
    IMAGE_COLUMNS,
    TRUTH_COLUMNS,
    Row,
    record_to_row,
    row_to_record,
    to_json,
)
from cut2next.film import InputError

Files = Mapping[str, bytes]
"""What pictures hold, by column: "current_image", "next_truth", ..."""
_JSON_COLUMNS = ("camera", "palette", "words")
"""Of the truth: text that is JSON itself."""
_Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Number = Annotated[int, Field(ge=-(2**31), lt=2**31)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Relational(_Strict):
    scene: str
    transition: str
    scene_consistency: str
    character_consistency: str


class _Prompt(_Strict):
    summary: str
    description: str
    attributes: dict[str, str]


class _Span(_Strict):
    start: _Whole
    keyframe: _Whole
    end: _Whole
    time_base: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}(/[1-9][0-9]{0,17})?$")]


class _Shot(_Strict):
    span: _Span | None
    scene: _Number | None
    marks: list[str]
    scores: dict[str, _Finite]


class _Maker(_Strict):
    tool: str
    version: str
    parameters: dict[str, JsonValue]


class _Truth(_Strict):
    object_ids: str
    parts: list[str]
    subjects: list[str]
    camera: JsonValue
    palette: JsonValue
    words: JsonValue


class _Line(_Strict):
    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    id: str
    film: str
    contents: str | None
    split: str
    current_name: str
    next_name: str
    current_image: str
    next_image: str
    patterns: list[str]
    relational_prompt: _Relational
    current_prompt: _Prompt
    next_prompt: _Prompt
    current_shot: _Shot
    next_shot: _Shot
    scores: dict[str, _Finite]
    rejected: list[str]
    made_by: list[_Maker]
    licence: str
    source: str
    current_truth: _Truth | None = None
    next_truth: _Truth | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        """What the writer of data sets would refuse, without the number of the line."""
        if not self.split.isidentifier() or self.split == REJECTED:
            raise ValueError("the split should be a name like train, and not rejected")
        if (self.current_truth is None) != (self.next_truth is None):
            raise ValueError("only one of the shots has its truth")
        return self


def pictures(record: CutRecord) -> dict[str, bytes]:
    """The pictures of a cut by column."""
    found = {f"{side}_image": shot.image for side, shot in zip(SIDES, record.shots, strict=True)}
    for column, truth in zip(TRUTH_COLUMNS, record.truth or (), strict=False):
        found[column] = truth["object_ids"]["bytes"]
    return found


def to_line(record: CutRecord, names: Mapping[str, str]) -> str:
    """A cut in one line, given what its pictures are called."""
    row = record_to_row(record)
    for side in SIDES:
        row[f"{side}_image"] = names[f"{side}_image"]
        row[f"{side}_prompt"]["attributes"] = _object(row[f"{side}_prompt"]["attributes"])
        row[f"{side}_shot"]["scores"] = _object(row[f"{side}_shot"]["scores"])
    row["scores"] = _object(row["scores"])
    row["made_by"] = [{**by, "parameters": json.loads(by["parameters"])} for by in row["made_by"]]
    for column in TRUTH_COLUMNS:
        if column in row:
            told = {name: _nested(row[column][name]) for name in _JSON_COLUMNS}
            row[column] = {**row[column], **told, "object_ids": names[column]}
    return to_json({name: row[name] for name in _Line.model_fields if name in row})


def read_line(text: str | bytes) -> dict[str, Any]:
    """What a line says, checked. Raises InputError for anything else than `to_line` writes."""
    try:
        return _Line.model_validate_json(text).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        told = first["msg"].removeprefix("Value error, ")
        where = ".".join(str(step) for step in first["loc"])
        raise InputError(
            f"{where}: {told}" if where else told,
            expected="a cut as `cut2next data export` writes it",
            hint="correct the line",
        ) from error


def names_of(told: Mapping[str, Any]) -> dict[str, str]:
    """What the pictures of a line are called, by column."""
    images = {column: told[column] for column in IMAGE_COLUMNS}
    truths = [column for column in TRUTH_COLUMNS if told.get(column)]
    return images | {column: told[column]["object_ids"] for column in truths}


def to_record(told: Mapping[str, Any], files: Files) -> CutRecord:
    """The cut that a line tells of, given its pictures. Raises InputError where it contradicts."""
    row: Row = dict(told)
    for side in SIDES:
        row[f"{side}_image"] = {"bytes": files[f"{side}_image"]}
        for column in (f"{side}_prompt", f"{side}_shot"):
            name = "attributes" if column.endswith("prompt") else "scores"
            row[column] = {**told[column], name: _pairs(told[column][name])}
    row["scores"] = _pairs(told["scores"])
    row["made_by"] = [{**by, "parameters": to_json(by["parameters"])} for by in told["made_by"]]
    for column in TRUTH_COLUMNS:
        if truth := row.pop(column, None):
            texts = {name: _flat(truth[name]) for name in _JSON_COLUMNS}
            row[column] = {**truth, **texts, "object_ids": {"bytes": files[column], "path": None}}
    record = row_to_record(row)
    if record.id != told["id"]:
        raise InputError(
            f"the id is {told['id']!r}", expected=repr(record.id), hint="film:current-next"
        )
    return record


def _object(pairs: list[Row]) -> dict[str, Any]:
    return {pair["name"]: pair["value"] for pair in pairs}


def _pairs(values: Mapping[str, Any]) -> list[Row]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _nested(text: str) -> Any:
    """JSON in a text column as JSON, unless it would come back in other words."""
    value = json.loads(text)
    return value if isinstance(value, dict | list) and to_json(value) == text else text


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)
