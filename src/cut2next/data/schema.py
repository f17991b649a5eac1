"""A cut as one row of a table, and back: the columns of a data set, in one place.

Images are lossless PNGs inside the table, and carry their prompts in the text chunk that
`film/png_prompt.py` reads. Attributes are lists of name and value, so that their order is kept and
rows may have different ones.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO
from typing import Any

import datasets
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

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

FORMAT = 1
"""Version of the columns; it goes up when a reader of today would read them wrongly."""

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MadeBy:
    """Which tool made a cut, and how: enough to make it again."""

    tool: str
    version: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What JSON can hold."""


def features(*, with_truth: bool) -> datasets.Features:
    """The columns as `datasets` types."""
    text = datasets.Value("string")
    pair = {"name": text, "value": text}
    individual = {"summary": text, "description": text, "attributes": datasets.List(pair)}
    relational = ("scene", "transition", "scene_consistency", "character_consistency")
    columns = {
        "format": datasets.Value("int32"),
        "film": text,
        "split": text,
        "current_name": text,
        "next_name": text,
        "current_image": datasets.Image(),
        "next_image": datasets.Image(),
        "patterns": datasets.List(text),
        "relational_prompt": dict.fromkeys(relational, text),
        "current_prompt": individual,
        "next_prompt": individual,
        "made_by": {"tool": text, "version": text, "parameters": text},
        "licence": text,
        "source": text,
    }
    if with_truth:
        columns |= {"current_truth": _truth_features(), "next_truth": _truth_features()}
    return datasets.Features(columns)


def _truth_features() -> dict[str, Any]:
    text = datasets.Value("string")
    return {
        "object_ids": datasets.Image(),
        "parts": datasets.List(text),
        "subjects": datasets.List(text),
        "camera": text,
        "palette": text,
        "words": text,
    }


def cut_to_row(cut: Cut) -> Row:
    """The columns that a cut fills by itself; its images as PNG bytes."""
    patterns = [pattern.value for pattern in EditingPattern if pattern in cut.patterns]
    about_cut = {"relational": asdict(cut.relational), "patterns": patterns}
    return {
        "format": FORMAT,
        "film": cut.film,
        "current_name": cut.current.name,
        "next_name": cut.next.name,
        "current_image": _image(cut.current, {"film": cut.film}),
        "next_image": _image(cut.next, {"film": cut.film, **about_cut}),
        "patterns": patterns,
        "relational_prompt": asdict(cut.relational),
        "current_prompt": _individual(cut.current.prompt),
        "next_prompt": _individual(cut.next.prompt),
    }


def truth_to_column(truth: Truth) -> Row:
    """What is true of a shot: ids as a grey PNG, the rest as JSON."""
    if len(truth.parts) > 256:
        raise InputError(f"{len(truth.parts)} parts", expected="at most 256", hint="join some")
    ids = Image.fromarray(truth.object_ids.astype(np.uint8))
    return {
        "object_ids": {"bytes": _png(ids), "path": None},
        "parts": list(truth.parts),
        "subjects": list(truth.subjects),
        "camera": _json(asdict(truth.camera)),
        "palette": _json(truth.palette),
        "words": _json(truth.words),
    }


def made_by_to_column(made_by: MadeBy) -> Row:
    """The column `made_by`, its parameters as JSON."""
    return {**asdict(made_by), "parameters": _json(made_by.parameters)}


CUT_COLUMNS = (
    *("format", "film", "current_name", "next_name", "current_image", "next_image"),
    *("patterns", "relational_prompt", "current_prompt", "next_prompt"),
)
"""The columns a cut is read from."""


def row_to_cut(row: Row) -> Cut:
    """The cut that `cut_to_row` was given.

    Raises InputError when a newer cut2next wrote the row; whatever PIL raises for a damaged image.
    """
    if row["format"] > FORMAT:
        raise InputError(
            f"cuts in format {row['format']}",
            expected=f"format {FORMAT} or older",
            hint="a newer cut2next reads them",
        )
    return Cut(
        film=row["film"],
        current=_shot(row, "current"),
        next=_shot(row, "next"),
        patterns=frozenset(parse_pattern(name) for name in row["patterns"]),
        relational=RelationalPrompt(**row["relational_prompt"]),
    )


def _shot(row: Row, side: str) -> Shot:
    told = row[f"{side}_prompt"]
    attributes = {pair["name"]: pair["value"] for pair in told["attributes"]}
    with Image.open(BytesIO(row[f"{side}_image"]["bytes"])) as image:
        keyframe = image.convert("RGB")
    return Shot(
        name=row[f"{side}_name"],
        keyframe=keyframe,
        prompt=IndividualPrompt(**{**told, "attributes": attributes}),
    )


def _individual(prompt: IndividualPrompt) -> Row:
    attributes = [{"name": name, "value": value} for name, value in prompt.attributes.items()]
    return {
        "summary": prompt.summary,
        "description": prompt.description,
        "attributes": attributes,
    }


def _image(shot: Shot, more: Mapping[str, Any]) -> Row:
    return {
        "bytes": _png(shot.keyframe, png_text(shot.prompt, more)),
        "path": f"{shot.name}.png",
    }


def _png(image: Image.Image, text: PngInfo | None = None) -> bytes:
    file = BytesIO()
    image.save(file, format="PNG", pnginfo=text)
    return file.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
