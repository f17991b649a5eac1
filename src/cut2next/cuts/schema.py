"""A record as one row of a table, and back: the columns of a data set, in one place.

Images are PNG or JPEG files inside the table and stay as they are, byte for byte. Attributes and
scores are lists of name and value, so that their order is kept and rows may have different ones.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from io import BytesIO
from typing import Any

import datasets
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next.cuts.record import SIDES, CutRecord, MadeBy, ShotRecord, Span
from cut2next.film import (
    Cut,
    EditingPattern,
    IndividualPrompt,
    InputError,
    RelationalPrompt,
    Shot,
    parse_pattern,
)
from cut2next.film.png_prompt import png_text
from cut2next.soundstage.truth import Truth

FORMAT = 2
"""Version of the columns; it goes up when a reader of today would read them wrongly."""

Row = dict[str, Any]

_TEXT = datasets.Value("string")
_PROMPT = {
    "summary": _TEXT,
    "description": _TEXT,
    "attributes": datasets.List({"name": _TEXT, "value": _TEXT}),
}
_SCORES = datasets.List({"name": _TEXT, "value": datasets.Value("float64")})
_SPAN = {
    **dict.fromkeys(("start", "keyframe", "end"), datasets.Value("int64")),
    "time_base": _TEXT,
}
_SHOT = {
    "span": _SPAN,
    "scene": datasets.Value("int32"),
    "marks": datasets.List(_TEXT),
    "scores": _SCORES,
}
SHOT_COLUMNS: dict[str, Any] = {
    "name": _TEXT,
    "image": datasets.Image(),
    "prompt": _PROMPT,
    "shot": _SHOT,
}
"""Of a shot, without the side of a cut that it is on."""
_RELATIONAL = ("scene", "transition", "scene_consistency", "character_consistency")
_TRUTH = {
    "object_ids": datasets.Image(),
    "parts": datasets.List(_TEXT),
    "subjects": datasets.List(_TEXT),
    "camera": _TEXT,
    "palette": _TEXT,
    "words": _TEXT,
}

_COLUMNS_OF_1: dict[str, Any] = {
    "format": datasets.Value("int32"),
    "film": _TEXT,
    "split": _TEXT,
    "current_name": _TEXT,
    "next_name": _TEXT,
    "current_image": datasets.Image(),
    "next_image": datasets.Image(),
    "patterns": datasets.List(_TEXT),
    "relational_prompt": dict.fromkeys(_RELATIONAL, _TEXT),
    "current_prompt": _PROMPT,
    "next_prompt": _PROMPT,
    "made_by": {"tool": _TEXT, "version": _TEXT, "parameters": _TEXT},
    "licence": _TEXT,
    "source": _TEXT,
}
"""Format 1 had one maker for each cut, and knew nothing of films."""
COLUMNS: dict[str, Any] = {
    **_COLUMNS_OF_1,
    "id": _TEXT,
    "contents": _TEXT,
    "current_shot": _SHOT,
    "next_shot": _SHOT,
    "scores": _SCORES,
    "rejected": datasets.List(_TEXT),
    "made_by": datasets.List(_COLUMNS_OF_1["made_by"]),
}
"""Every column but those of the truth, which only the film set knows."""
TRUTH_COLUMNS = ("current_truth", "next_truth")
IMAGE_COLUMNS = ("current_image", "next_image")


def features(*, with_truth: bool) -> datasets.Features:
    """The columns as `datasets` types."""
    truth = dict.fromkeys(TRUTH_COLUMNS, _TRUTH) if with_truth else {}
    return datasets.Features(COLUMNS | truth)


def missing_columns(names: Iterable[str], version: int) -> list[str]:
    """What a file in some format lacks."""
    return sorted(set(_COLUMNS_OF_1 if version == 1 else COLUMNS) - set(names))


def check_version(version: int) -> None:
    """Raises InputError when a newer cut2next wrote the rows."""
    if version > FORMAT:
        raise InputError(
            f"cuts in format {version}",
            expected=f"format {FORMAT} or older",
            hint="a newer cut2next reads them",
        )


def record_of(
    cut: Cut,
    *,
    made_by: MadeBy,
    licence: str,
    source: str,
    truths: tuple[Truth, Truth] | None = None,
    split: str = "train",
) -> CutRecord:
    """A cut as a record; its keyframes become lossless PNGs that carry their prompts."""
    patterns = [pattern.value for pattern in EditingPattern if pattern in cut.patterns]
    about_cut = {"relational": asdict(cut.relational), "patterns": patterns}
    return CutRecord(
        film=cut.film,
        current=_recorded(cut.current, {"film": cut.film}),
        next=_recorded(cut.next, {"film": cut.film, **about_cut}),
        patterns=cut.patterns,
        relational=cut.relational,
        made_by=(made_by,),
        licence=licence,
        source=source,
        split=split,
        truth=None if truths is None else (_truth_row(truths[0]), _truth_row(truths[1])),
    )


def record_to_row(record: CutRecord) -> Row:
    """The columns of a record."""
    row: Row = {
        "format": FORMAT,
        "id": record.id,
        "film": record.film,
        "contents": record.contents,
        "split": record.split,
        "patterns": [one.value for one in EditingPattern if one in record.patterns],
        "relational_prompt": asdict(record.relational),
        "scores": _pairs(record.scores),
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
        scores=_mapping(row.get("scores", ())),
        rejected=tuple(row.get("rejected", ())),
        made_by=tuple(_row_to_maker(by) for by in made_by),
        licence=row["licence"],
        source=row["source"],
        contents=row.get("contents"),
        split=row["split"],
        truth=(row[TRUTH_COLUMNS[0]], row[TRUTH_COLUMNS[1]]) if TRUTH_COLUMNS[0] in row else None,
    )


def shot_to_row(shot: ShotRecord) -> Row:
    """The columns of a shot, without the side that it is on."""
    span = shot.span and {**asdict(shot.span), "time_base": str(shot.span.time_base)}
    suffix = "jpg" if shot.image.startswith(b"\xff\xd8") else "png"
    return {
        "name": shot.name,
        "image": {"bytes": shot.image, "path": f"{shot.name}.{suffix}"},
        "prompt": {
            "summary": shot.prompt.summary,
            "description": shot.prompt.description,
            "attributes": _pairs(shot.prompt.attributes),
        },
        "shot": {
            "span": span,
            "scene": shot.scene,
            "marks": list(shot.marks),
            "scores": _pairs(shot.scores),
        },
    }


def row_to_shot(row: Row) -> ShotRecord:
    """The shot that `shot_to_row` was given; an image that was not read is left empty."""
    told, found = row["prompt"], row.get("shot") or {}
    image = row.get("image") or {"bytes": b""}
    # A struct that is absent comes back from `datasets` as one of absent fields.
    span = found.get("span") or {"time_base": None}
    return ShotRecord(
        name=row["name"],
        image=image["bytes"],
        prompt=IndividualPrompt(**{**told, "attributes": _mapping(told["attributes"])}),
        span=span["time_base"] and Span(**{**span, "time_base": Fraction(span["time_base"])}),
        scene=found.get("scene"),
        marks=tuple(found.get("marks") or ()),
        scores=_mapping(found.get("scores") or ()),
    )


def to_json(value: Any) -> str:
    """As text columns hold what is no text."""
    return json.dumps(value, ensure_ascii=False)


def _side(row: Row, side: str) -> ShotRecord:
    columns = {name.partition("_")[2]: name for name in row if name.startswith(f"{side}_")}
    return row_to_shot({column: row[name] for column, name in columns.items()})


def _row_to_maker(row: Row) -> MadeBy:
    return MadeBy(**{**row, "parameters": json.loads(row["parameters"])})


def _pairs(values: Mapping[str, Any]) -> list[Row]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _mapping(pairs: Sequence[Row]) -> dict[str, Any]:
    return {pair["name"]: pair["value"] for pair in pairs}


def _truth_row(truth: Truth) -> Row:
    """What is true of a shot: ids as a grey PNG, the rest as JSON."""
    if len(truth.parts) > 256:
        raise InputError(f"{len(truth.parts)} parts", expected="at most 256", hint="join some")
    ids = Image.fromarray(truth.object_ids.astype(np.uint8))
    return {
        "object_ids": {"bytes": _png(ids), "path": None},
        "parts": list(truth.parts),
        "subjects": list(truth.subjects),
        "camera": to_json(asdict(truth.camera)),
        "palette": to_json(truth.palette),
        "words": to_json(truth.words),
    }


def _recorded(shot: Shot, more: Mapping[str, Any]) -> ShotRecord:
    image = _png(shot.keyframe, png_text(shot.prompt, more))
    return ShotRecord(name=shot.name, image=image, prompt=shot.prompt)


def _png(image: Image.Image, text: PngInfo | None = None) -> bytes:
    file = BytesIO()
    image.save(file, format="PNG", pnginfo=text)
    return file.getvalue()
