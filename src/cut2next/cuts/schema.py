"""A record as one row of a table, and back.

Images are PNG or JPEG files inside the table and stay as they are, byte for byte. Attributes and
scores are lists of name and value, so that their order is kept and rows may have different ones.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from fractions import Fraction
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import datasets
from pydantic import BaseModel

from cut2next.cuts.columns import (
    FORMAT,
    IMAGE_COLUMNS,
    TRUTH_COLUMNS,
    TRUTH_JSON,
    Line,
    ShotLine,
    Since,
    Stored,
    TruthColumns,
)
from cut2next.cuts.record import SIDES, CutRecord, MadeBy, ShotRecord, Span
from cut2next.film import (
    EditingPattern,
    IndividualPrompt,
    RelationalPrompt,
    cut_id,
)
from cut2next.film.keyframe import picture_suffix

Row = dict[str, Any]


def _stored(column: Any) -> Any:
    """A column's type as `datasets` has it; mappings are lists of name and value, in order."""
    origin, parts = get_origin(column), get_args(column)
    if origin is Annotated:
        kinds = [mark.kind for mark in parts[1:] if isinstance(mark, Stored)]
        return _value(kinds[0]) if kinds else _stored(parts[0])
    if origin is Union or origin is UnionType:  # of something and None
        return _stored(parts[0])
    if origin is list:
        return datasets.List(_stored(parts[0]))
    if origin is dict:
        return datasets.List({"name": _value("string"), "value": _stored(parts[1])})
    return _struct(column) if issubclass(column, BaseModel) else _value("string")


def _value(kind: str) -> Any:
    return datasets.Image() if kind == "image" else datasets.Value(kind)


def _struct(columns: type[BaseModel]) -> dict[str, Any]:
    hints = get_type_hints(columns, include_extras=True)
    return {name: _stored(hints[name]) for name in columns.model_fields}


def _since(name: str) -> int:
    marks = Line.model_fields[name].metadata
    return next((mark.format for mark in marks if isinstance(mark, Since)), 1)


COLUMNS: dict[str, Any] = {
    name: column
    for name, column in sorted(_struct(Line).items(), key=lambda column: _since(column[0]))
    if name not in TRUTH_COLUMNS
}
"""Every column but those of the truth; those of the first format come first, as they always did."""
SHOT_COLUMNS: dict[str, Any] = _struct(ShotLine)


def features(*, with_truth: bool) -> datasets.Features:
    """The columns as `datasets` types."""
    truth = dict.fromkeys(TRUTH_COLUMNS, _struct(TruthColumns)) if with_truth else {}
    return datasets.Features(COLUMNS | truth)


def table_schema(*, with_truth: bool) -> Any:
    """The columns as Arrow has them, with the note by which `datasets` knows pictures.

    The note says lists as every version of `datasets` reads them: those before 4 know no `List`.
    """
    columns = features(with_truth=with_truth)
    note = {"info": {"features": _plain_lists(columns.to_dict())}}
    return columns.arrow_schema.with_metadata({"huggingface": json.dumps(note)})


def _plain_lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node.get("_type") == "List":
        return [_plain_lists(node["feature"])]
    return {name: _plain_lists(inner) for name, inner in node.items()}


def missing_columns(names: Iterable[str], version: int) -> list[str]:
    """What a file in some format lacks."""
    return sorted({name for name in COLUMNS if _since(name) <= version} - set(names))


def record_to_row(record: CutRecord) -> Row:
    """The columns of a record."""
    row: Row = {
        "format": FORMAT,
        "id": record.id,
        "film": record.film,
        "contents": record.contents,
        "split": record.split,
        "patterns": [pattern.value for pattern in EditingPattern if pattern in record.patterns],
        "relational_prompt": asdict(record.relational),
        "scores": to_pairs(record.scores),
        "rejected": list(record.rejected),
        "made_by": [{**asdict(by), "parameters": to_json(by.parameters)} for by in record.made_by],
        "licence": record.licence,
        "source": record.source,
    }
    for side, shot in zip(SIDES, record.shots, strict=True):
        row |= {f"{side}_{column}": value for column, value in shot_to_row(shot).items()}
    if record.truth is not None:
        row |= zip(TRUTH_COLUMNS, record.truth, strict=True)
    return row


def row_to_line(row: Row) -> Line:
    """A row, checked; one of format 1 as today's that it amounts to. Pictures may be left out.

    Raises pydantic's ValidationError, naming every column that holds what it may not.
    """
    whole = {**_NO_PICTURES, **row}
    if row["format"] == 1:
        name = cut_id(*(str(row[column]) for column in ("film", "current_name", "next_name")))
        whole = {**_LATER, **whole, "format": FORMAT, "id": name, "made_by": [row["made_by"]]}
    return Line.model_validate(whole)


_NO_PICTURES: Row = dict.fromkeys(IMAGE_COLUMNS)
_LATER: Row = {
    "contents": None,
    **{f"{side}_shot": {"span": None, "scene": None, "marks": [], "scores": []} for side in SIDES},
    "scores": [],
    "rejected": [],
}
"""What the first format did not have."""


def files_of(row: Row) -> dict[str, bytes]:
    """The pictures of a row by column; empty for one that is missing or was not read."""
    files = {column: _bytes(row.get(column)) for column in IMAGE_COLUMNS}
    truths = (column for column in TRUTH_COLUMNS if row.get(column))
    return files | {column: _bytes(row[column]["object_ids"]) for column in truths}


def _bytes(image: Row | None) -> bytes:
    return (image or {}).get("bytes") or b""


def to_record(line: Line, files: Mapping[str, bytes]) -> CutRecord:
    """The cut that a row or a line of JSON tells of, given its pictures by column."""
    truths = [_truth(getattr(line, name), files.get(name, b"")) for name in TRUTH_COLUMNS]
    return CutRecord(
        film=line.film,
        current=_shot(
            line.current_name, files["current_image"], line.current_prompt, line.current_shot
        ),
        next=_shot(line.next_name, files["next_image"], line.next_prompt, line.next_shot),
        patterns=frozenset(map(EditingPattern, line.patterns)),
        relational=RelationalPrompt(**vars(line.relational_prompt)),
        scores=line.scores,
        rejected=tuple(line.rejected),
        made_by=tuple(MadeBy(**vars(by)) for by in line.made_by),
        licence=line.licence,
        source=line.source,
        contents=line.contents,
        split=line.split,
        truth=None if truths[0] is None or truths[1] is None else (truths[0], truths[1]),
    )


def _truth(truth: TruthColumns | None, object_ids: bytes) -> Row | None:
    """As the table has it: JSON is text there."""
    if truth is None:
        return None
    texts = {name: getattr(truth, name) for name in TRUTH_JSON}
    texts = {name: text if isinstance(text, str) else to_json(text) for name, text in texts.items()}
    return {**vars(truth), **texts, "object_ids": {"bytes": object_ids, "path": None}}


def _shot(name: str, image: bytes, prompt: Any, facts: Any) -> ShotRecord:
    span = facts.span and Span(**{**vars(facts.span), "time_base": time_base(facts.span)})
    return ShotRecord(
        name=name,
        image=image,
        prompt=IndividualPrompt(**vars(prompt)),
        span=span,
        scene=facts.scene,
        marks=tuple(facts.marks),
        scores=facts.scores,
    )


def shot_to_row(shot: ShotRecord) -> Row:
    """The columns of a shot, without the side that it is on."""
    span = shot.span and {**asdict(shot.span), "time_base": str(shot.span.time_base)}
    return {
        "name": shot.name,
        "image": {"bytes": shot.image, "path": f"{shot.name}.{picture_suffix(shot.image)}"},
        "prompt": {**asdict(shot.prompt), "attributes": to_pairs(shot.prompt.attributes)},
        "shot": {
            "span": span,
            "scene": shot.scene,
            "marks": list(shot.marks),
            "scores": to_pairs(shot.scores),
        },
    }


def time_base(span: Any) -> Fraction:
    """Of the span of a line."""
    return _fraction(span.time_base)


_fraction = lru_cache(maxsize=256)(Fraction)


def row_to_shot(row: Row) -> ShotRecord:
    """The shot that `shot_to_row` was given; an image that was not read is left empty.

    Raises pydantic's ValidationError for a row that holds what it may not.
    """
    shot = ShotLine.model_validate({"image": None, **row})
    return _shot(shot.name, _bytes(row.get("image")), shot.prompt, shot.shot)


def to_json(value: Any) -> str:
    """As text columns hold what is no text."""
    return json.dumps(value, ensure_ascii=False)


def to_pairs(values: Mapping[str, Any]) -> list[Row]:
    """As a table holds a mapping, so that its order is kept."""
    return [{"name": name, "value": value} for name, value in values.items()]
