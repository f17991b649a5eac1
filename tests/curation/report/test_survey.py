"""What a report counts: cuts, and shots once however many cuts show them."""

from dataclasses import replace
from itertools import pairwise

from tests.cuts.sample import found

from cut2next.curation.report.survey import survey
from cut2next.cuts.record import CutRecord

MOTION = "motion: 14.2 is over 12 in the next shot"


SCENE = "scene: the shots are of two scenes"


def chain(count: int, *, film: str = "film") -> list[CutRecord]:
    """A film in which every next shot is the current shot of the cut after it."""
    cuts = [found(number, film=film) for number in range(count)]
    return [replace(one, next=after.current) for one, after in pairwise(cuts)]


def test_a_shot_of_two_cuts_counts_once() -> None:
    seen = survey(chain(6))
    assert (seen.cuts, seen.shots, seen.scenes) == (5, 6, 2)
    assert len(seen.shot_scores["motion"]) == 6
    assert len(seen.shot_scores["duration"]) == 6
    assert len(seen.cut_scores["similarity"]) == 5


def test_reasons_count_cuts_and_those_with_nothing_else() -> None:
    seen = survey(
        [
            found(0, rejected=(MOTION, "motion: 13 is over 12 in the current shot")),
            found(1, rejected=(MOTION, SCENE)),
            found(2, split="test"),
        ]
    )
    assert seen.left_out.counts == {"motion": 2, "scene": 1}
    assert seen.alone == {"motion": 1}
    assert seen.splits == {"rejected": 2, "test": 1}
    assert seen.left_out.of("scene") == [found(1).id]
