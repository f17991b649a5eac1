"""What can be wrong with one row of a folder of cuts, in words."""

import json
import warnings
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from math import isfinite
from typing import Any

from PIL import Image

from cut2next.cuts.record import REJECTED, SIDES
from cut2next.cuts.schema import Row
from cut2next.film import InputError, cut_id, parse_pattern
from cut2next.film.errors import one_line
from cut2next.film.keyframe import DAMAGE, LEAST_SIDE

NAME_COLUMNS = ("film", "current_name", "next_name")
"""The columns that make up an id."""


def row_faults(row: Row, *, placed: str, version: int) -> Iterator[str]:
    """Everything that is wrong with a row, by the split and the format of its file.

    Columns may be missing, of which the file as a whole is told.
    """
    if row["format"] != version:
        yield f"is in format {row['format']}, unlike its file"
    yield from _identity_faults(row)
    yield from _split_faults(row, placed)
    yield from _pattern_faults(row)
    yield from _prompt_faults(row)
    for side in SIDES:
        yield from (f"the {side} shot {fault}" for fault in _image_faults(row, side))
        yield from (f"the {side} shot {fault}" for fault in _span_faults(row, side))
    yield from _order_faults(row)
    yield from _score_faults(row)
    yield from _origin_faults(row)


def _identity_faults(row: Row) -> Iterator[str]:
    names = [row[column] for column in NAME_COLUMNS if column in row]
    yield from (
        f"{column} is empty" for column in NAME_COLUMNS if column in row and not row[column]
    )
    if "id" in row and len(names) == len(NAME_COLUMNS) and row["id"] != cut_id(*names):
        yield f"the id is {row['id']!r}, not {cut_id(*names)!r}"


def _split_faults(row: Row, placed: str) -> Iterator[str]:
    split, reasons = row.get("split", ""), row.get("rejected") or ()
    if placed == REJECTED:
        if not reasons:
            yield "lies in the split rejected without a reason"
        if not split or split == REJECTED:
            yield f"the split of its film is {split!r}; it would not come back from rejected"
        return
    if reasons:
        yield f"is rejected ({reasons[0]}) and yet lies in the split {placed}"
    if "split" in row and split != placed:
        yield f"the split is {split!r} in a file of {placed!r}"


def _pattern_faults(row: Row) -> Iterator[str]:
    for name in row.get("patterns") or ():
        try:
            parse_pattern(name or "")
        except InputError as error:
            yield error.got


def _prompt_faults(row: Row) -> Iterator[str]:
    summaries = [(row.get(f"{side}_prompt") or {}).get("summary") for side in SIDES]
    transition = (row.get("relational_prompt") or {}).get("transition")
    if any(summaries) and not transition:
        yield "has a summary and no transition"
    if any(summaries) and not all(summaries):
        yield "only one of its shots has a summary"


def _image_faults(row: Row, side: str) -> Iterator[str]:
    if f"{side}_image" in row:
        fault, (width, height) = _looked_at(row[f"{side}_image"])
        if fault:
            yield f"has a keyframe that {fault}"
        elif min(width, height) < LEAST_SIDE:
            yield f"has a keyframe of {width}x{height} pixels, under {LEAST_SIDE} a side"
    if f"{side}_truth" in row:
        fault, _ = _looked_at((row[f"{side}_truth"] or {}).get("object_ids"))
        if fault:
            yield f"has a picture of object ids that {fault}"


def _looked_at(image: dict[str, Any] | None) -> tuple[str, tuple[int, int]]:
    """What is wrong with a picture of the table, and its size."""
    if not image or not image["bytes"]:
        return "is missing", (0, 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of metadata that nobody reads
            with Image.open(BytesIO(image["bytes"]), formats=("PNG", "JPEG")) as picture:
                picture.load()
                return "", picture.size
    except (*DAMAGE, Image.DecompressionBombError) as error:
        return f"cannot be decoded ({one_line(error, 80)})", (0, 0)


def _span_faults(row: Row, side: str) -> Iterator[str]:
    span = _span(row, side)
    if span is None:
        return
    start, keyframe, end = (span[name] for name in ("start", "keyframe", "end"))
    if None in (start, keyframe, end):
        yield "has a span with a hole"
    elif not start <= keyframe < end:
        yield f"has its keyframe at {keyframe}, outside of {start} to {end}"
    if _time_base(span) is None:
        yield f"has the time base {span['time_base']!r}, not a fraction above 0"


def _order_faults(row: Row) -> Iterator[str]:
    spans = [_span(row, side) for side in SIDES]
    if None in spans:
        if any(spans):
            yield "only one of its shots has a span"
        return
    current, following = ((span or {}) for span in spans)
    bases = _time_base(current), _time_base(following)
    if None in bases or current["end"] is None or following["start"] is None:
        return
    if current["end"] * bases[0] > following["start"] * bases[1]:
        yield f"the current shot ends at {current['end']}, after the next starts"


def _score_faults(row: Row) -> Iterator[str]:
    lists = [("of the cut", row.get("scores"))]
    lists += [
        (f"of the {side} shot", (row.get(f"{side}_shot") or {}).get("scores")) for side in SIDES
    ]
    for owner, scores in lists:
        for score in scores or ():
            if not score["name"]:
                yield f"a score {owner} has no name"
            if score["value"] is None or not isfinite(score["value"]):
                yield f"the score {score['name']} {owner} is {score['value']}"


def _origin_faults(row: Row) -> Iterator[str]:
    for column in ("licence", "source"):
        if column in row and not row[column]:
            yield f"{column} is empty"
    if "made_by" not in row:
        return
    makers: Any = row["made_by"] or ()
    if not makers:
        yield "made_by is empty"
    for by in [makers] if isinstance(makers, dict) else makers:
        if not by or not by["tool"] or by["version"] is None or not _is_object(by["parameters"]):
            yield "made_by holds no tool, no version, or parameters that are no JSON object"


def _span(row: Row, side: str) -> dict[str, Any] | None:
    """As the table has it; a struct of nothing is none, as `datasets` writes it."""
    span = (row.get(f"{side}_shot") or {}).get("span")
    return span if span and any(value is not None for value in span.values()) else None


def _time_base(span: dict[str, Any]) -> Fraction | None:
    try:
        base = Fraction(span["time_base"])
    except (ValueError, TypeError, ZeroDivisionError):
        return None
    return base if base > 0 else None


def _is_object(text: str | None) -> bool:
    try:
        return isinstance(json.loads(text or ""), dict)
    except (ValueError, RecursionError):
        return False
