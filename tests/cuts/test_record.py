"""What is known of a cut says what follows from it."""

from dataclasses import replace
from fractions import Fraction

from tests.cuts.sample import cut, found, record, same

from cut2next.cuts.record import REJECTED, Span
from cut2next.film import IndividualPrompt


def test_a_span_is_exact_in_seconds() -> None:
    span = Span(start=1001, keyframe=2002, end=3003, time_base=Fraction(1, 1001))
    assert (span.seconds(span.start), span.seconds(span.keyframe), span.duration) == (1, 2, 2)


def test_a_cut_is_called_by_its_film_and_its_shots() -> None:
    assert found(1).id == "film:shot2-shot3" == cut(1).name


def test_a_film_is_its_contents_where_there_are_some() -> None:
    assert found(0).film_identity == "film"
    assert found(0, contents="digest").film_identity == "digest"


def test_a_cut_that_is_left_out_keeps_its_split() -> None:
    left_out = found(0, split="test", rejected=("motion: 9 is over 8",))
    assert (left_out.placed, left_out.split) == (REJECTED, "test")
    assert replace(left_out, rejected=()).placed == "test"


def test_a_cut_is_annotated_when_both_shots_are() -> None:
    annotated = found(0)
    silent = replace(annotated.next, prompt=IndividualPrompt(summary=""))
    assert annotated.annotated
    assert not replace(annotated, next=silent).annotated


def test_a_record_is_its_cut_again() -> None:
    assert same(record(3).cut(), cut(3))
