"""What can be wrong with one cut that was read from a table or a line, in words.

That every column holds what it may is `columns.Line`; here is what columns say of each other, and
whether pictures are some.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cut2next.cuts.columns import IMAGE_COLUMNS, TRUTH_COLUMNS, Line, faults_of
from cut2next.cuts.record import REJECTED, SIDES, CutRecord
from cut2next.cuts.schema import Row, files_of, row_to_line, time_base, to_record
from cut2next.film import InputError, cut_id
from cut2next.film.keyframe import LEAST_SIDE, check_picture, read_picture

RowFault = tuple[str, str]
"""A column, and what is wrong there."""


@dataclass(frozen=True, kw_only=True)
class CheckedRow:
    """A row that was looked at."""

    record: CutRecord | None
    """None where a column holds what it may not."""
    faults: tuple[RowFault, ...]


def checked_row(row: Row, *, placed: str, version: int) -> CheckedRow:
    """A row of a file of some split and format, with the pictures of it that were read.

    A picture is looked at and not decoded, which would take ten times as long as all else.
    """
    if row["format"] != version:
        told = f"is {row['format']}, where the file's first row has {version}"
        return CheckedRow(record=None, faults=(("format", told),))
    try:
        line = row_to_line(row)
    except ValidationError as error:
        return CheckedRow(record=None, faults=tuple(faults_of(error)))
    files = files_of(row)
    looked_at = {name: data for name, data in files.items() if name in row}
    faults = *contradictions(line), *_misplaced(line, placed), *picture_faults(looked_at)
    return CheckedRow(record=to_record(line, files), faults=faults)


def contradictions(line: Line) -> Iterator[RowFault]:
    """Where the columns of a cut say different things."""
    name = cut_id(line.film, line.current_name, line.next_name)
    if line.id != name:
        yield "id", f"is {line.id!r}, not {name!r}"
    summaries = [line.current_prompt.summary, line.next_prompt.summary]
    if any(summaries) and not line.relational_prompt.transition:
        yield "relational_prompt.transition", "is empty, and yet there is a summary"
    for side, summary in zip(SIDES, summaries, strict=True):
        if any(summaries) and not summary:
            yield f"{side}_prompt.summary", "is empty, unlike that of the other shot"
    yield from _span_faults(line)
    for column in TRUTH_COLUMNS:
        if getattr(line, column) is None and line.model_fields_set.intersection(TRUTH_COLUMNS):
            yield column, "is missing"


def _span_faults(line: Line) -> Iterator[RowFault]:
    spans = [line.current_shot.span, line.next_shot.span]
    for side, span in zip(SIDES, spans, strict=True):
        if span is None and any(spans):
            yield f"{side}_shot.span", "is missing, unlike that of the other shot"
        elif span is not None and not span.start <= span.keyframe < span.end:
            fault = f"is {span.keyframe}, outside of {span.start} to {span.end}"
            yield f"{side}_shot.span.keyframe", fault
    current, following = spans
    if current is None or following is None:
        return
    end, start = (
        at * time_base(span) for at, span in ((current.end, current), (following.start, following))
    )
    if end > start:
        yield "current_shot.span.end", f"is {current.end}, after the next shot starts"


def _misplaced(line: Line, placed: str) -> Iterator[RowFault]:
    if placed == REJECTED and not line.rejected:
        yield "rejected", "has no reason, in a file of the split rejected"
    if placed != REJECTED and line.rejected:
        yield "rejected", f"says {line.rejected[0]!r}, in a file of the split {placed}"
    if placed not in (REJECTED, line.split):
        yield "split", f"is {line.split!r}, in a file of {placed!r}"


def picture_faults(files: Mapping[str, bytes], *, decoded: bool = False) -> Iterator[RowFault]:
    """What is wrong with the pictures of a cut, by column; decoded, or by what they begin with."""
    look: Callable[..., Any] = read_picture if decoded else check_picture
    for column, data in files.items():
        # Object ids of the film set are pictures of any size.
        least = LEAST_SIDE if column in IMAGE_COLUMNS else 1
        try:
            look(data, column, least=least)
        except InputError as error:
            yield column, error.got.removeprefix(f"{column}: ")
