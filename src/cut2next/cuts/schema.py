"""A record as one row of a table, and back.

Images are PNG or JPEG files inside the table and stay as they are, byte for byte. Attributes and
scores are lists of name and value, so that their order is kept and rows may have different ones.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import datasets
from pydantic import BaseModel

from cut2next.cuts.columns import FORMAT, TRUTH_COLUMNS, Line, Since, Stored, TruthColumns
from cut2next.cuts.record import SIDES, CutRecord, MadeBy, ShotRecord, Span
from cut2next.film import (
    EditingPattern,
    IndividualPrompt,
    InputError,
    RelationalPrompt,
    parse_pattern,
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
SHOT_COLUMNS: dict[str, Any] = {
    name.removeprefix("next_"): column
    for name, column in COLUMNS.items()
    if name.startswith("next_")
}
"""Of a shot, without the side of a cut that it is on."""


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


def check_version(version: int) -> None:
    """Raises InputError when a newer cut2next wrote the rows."""
    if version > FORMAT:
        raise InputError(
            f"cuts in format {version}",
            expected=f"format {FORMAT} or older",
            hint="a newer cut2next reads them",
        )


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


def row_to_record(row: Row) -> CutRecord:
    """The record that `record_to_row` was given, or the one that a row of format 1 amounts to.

    Columns that were not read are left empty. Raises InputError when a newer cut2next wrote it.
    """
    check_version(row["format"])
    made_by = [row["made_by"]] if row["format"] == 1 else row["made_by"]
    return CutRecord(
        film=row["film"],
        current=_side(row, "current"),
        next=_side(row, "next"),
        patterns=frozenset(parse_pattern(name) for name in row["patterns"]),
        relational=RelationalPrompt(**row["relational_prompt"]),
        scores=to_mapping(row.get("scores", ())),
        rejected=tuple(row.get("rejected", ())),
        made_by=tuple(
            MadeBy(**{**by, "parameters": json.loads(by["parameters"])}) for by in made_by
        ),
        licence=row["licence"],
        source=row["source"],
        contents=row.get("contents"),
        split=row["split"],
        truth=(row[TRUTH_COLUMNS[0]], row[TRUTH_COLUMNS[1]]) if TRUTH_COLUMNS[0] in row else None,
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


def row_to_shot(row: Row) -> ShotRecord:
    """The shot that `shot_to_row` was given; an image that was not read is left empty."""
    prompt, facts = row["prompt"], row.get("shot") or {}
    image = row.get("image") or {"bytes": b""}
    # A struct that is absent comes back from `datasets` as one of absent fields.
    span = facts.get("span") or {"time_base": None}
    return ShotRecord(
        name=row["name"],
        image=image["bytes"],
        prompt=IndividualPrompt(**{**prompt, "attributes": to_mapping(prompt["attributes"])}),
        span=span["time_base"] and Span(**{**span, "time_base": Fraction(span["time_base"])}),
        scene=facts.get("scene"),
        marks=tuple(facts.get("marks") or ()),
        scores=to_mapping(facts.get("scores") or ()),
    )


def to_json(value: Any) -> str:
    """As text columns hold what is no text."""
    return json.dumps(value, ensure_ascii=False)


def _side(row: Row, side: str) -> ShotRecord:
    columns = {name.partition("_")[2]: name for name in row if name.startswith(f"{side}_")}
    return row_to_shot({column: row[name] for column, name in columns.items()})


def to_pairs(values: Mapping[str, Any]) -> list[Row]:
    """As a table holds a mapping, so that its order is kept."""
    return [{"name": name, "value": value} for name, value in values.items()]


def to_mapping(pairs: Sequence[Row]) -> dict[str, Any]:
    """The mapping that a table holds."""
    return {pair["name"]: pair["value"] for pair in pairs}
