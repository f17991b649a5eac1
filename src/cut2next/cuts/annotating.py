"""Prompts for a folder of cuts: asks an annotator about each, and writes down what it answered.

Answers are kept in a file beside the cuts as they arrive (`annotation/cache.py`), so a run that is
killed asks nothing twice. The cuts are rewritten once, at the end, with all that is known.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from cut2next import __version__
from cut2next.annotation.consistency import inconsistencies
from cut2next.annotation.instructions import VERSION
from cut2next.annotation.outcome import Annotated, Annotation, Outcome
from cut2next.annotation.question import CutImages
from cut2next.cuts.dataset import read_records, rewrite
from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.cuts.scores import CutScore
from cut2next.film.writing import end_filling

ANSWERS = "annotations.jsonl"
"""The file of answers, in the folder of cuts."""
TOOL = "cut2next data annotate"


def to_annotate(
    folder: Path, *, rejected: bool = False, again: bool = False
) -> Iterator[CutImages]:
    """The keyframes of cuts that have no prompts yet, of the kept ones unless told otherwise.

    Raises InputError for what is no folder of cuts.
    """
    for record in read_records(folder):
        if (again or not record.annotated) and (rejected or not record.rejected):
            yield CutImages(id=record.id, current=record.current.image, next=record.next.image)


def write_annotations(folder: Path, annotations: dict[str, Annotation], model: str) -> None:
    """Puts annotations, by cut, into a folder: all, or none.

    Raises InputError and OutputError as reading and writing do.
    """
    by = MadeBy(tool=TOOL, version=__version__, parameters={"model": model, "questions": VERSION})
    if not annotations:
        end_filling(folder)  # a kill may have come before the card of those that are there
    else:
        rewrite(folder, lambda records: (_annotated(record, annotations, by) for record in records))


def collect(outcomes: Iterable[Outcome], annotations: dict[str, Annotation]) -> Iterator[Outcome]:
    """Passes outcomes on, and keeps the annotations among them."""
    for outcome in outcomes:
        if isinstance(outcome, Annotated):
            annotations[outcome.id] = outcome.annotation
        yield outcome


def _annotated(record: CutRecord, annotations: dict[str, Annotation], by: MadeBy) -> CutRecord:
    if (annotation := annotations.get(record.id)) is None:
        return record
    prompt = annotation.prompt
    earlier = (by for by in record.made_by if by.tool != TOOL)
    return replace(
        record,
        current=replace(record.current, prompt=prompt.current),
        next=replace(record.next, prompt=prompt.next),
        relational=prompt.relational,
        patterns=annotation.patterns,
        scores={**record.scores, CutScore.INCONSISTENCIES: float(len(inconsistencies(annotation)))},
        made_by=(*earlier, by),
    )
