"""A cut that is at hand becomes a record: its keyframes lossless PNGs that carry their prompts."""

from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next.cuts.record import CutRecord, MadeBy, ShotRecord
from cut2next.cuts.schema import Row, to_json
from cut2next.film import Cut, EditingPattern, InputError, Shot
from cut2next.film.png_prompt import png_text

if TYPE_CHECKING:
    from cut2next.soundstage.truth import Truth


def record_of(
    cut: Cut,
    *,
    made_by: MadeBy,
    licence: str,
    source: str,
    truths: "tuple[Truth, Truth] | None" = None,
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


def _truth_row(truth: "Truth") -> Row:
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
