"""Text that was not looked for when a set was made, since other thresholds left its shot out.

Where other thresholds let such a shot in again, it is looked for then: a set is judged as if every
shot had been looked at from the first.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from PIL import Image

from cut2next.cuts.record import CutRecord, ShotRecord
from cut2next.cuts.scores import ShotScore
from cut2next.cuts.selection import Selection, faults
from cut2next.film.keyframe import read_picture
from cut2next.films.scorers.text import TOOL, TextScorer


def with_text(
    records: Iterable[CutRecord],
    selection: Selection,
    scorer: Callable[[], Callable[[Image.Image], float]] = TextScorer,
) -> Iterator[CutRecord]:
    """The same records; those that text alone may leave out have its score in both shots.

    Only of a set in which text was looked for. Raises InputError where RapidOCR is wanted and not
    installed.
    """
    reader = lru_cache(maxsize=1)(scorer)

    @lru_cache(maxsize=2)  # neighbours share a shot
    def text(image: bytes) -> float:
        return reader()(read_picture(image, "a keyframe"))

    def read(shot: ShotRecord) -> ShotRecord:
        if ShotScore.TEXT in shot.scores:
            return shot
        return replace(shot, scores={**shot.scores, ShotScore.TEXT: text(shot.image)})

    for record in records:
        asked = selection.max_text is not None and any(by.tool == TOOL for by in record.made_by)
        if asked and not any(faults(record, selection)):
            yield replace(record, current=read(record.current), next=read(record.next))
        else:
            yield record
