from dataclasses import replace

from tests.annotation.scripted import CUT_ANSWER, ScriptedAnnotator, said
from tests.annotation.stills import cuts

from cut2next.annotation.annotating import annotate
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.estimate import estimate
from cut2next.annotation.faults import TryLater
from cut2next.annotation.limits import Limits, Prices

LIMITS = Limits(at_once=1, first_wait=1e-4, prices=Prices(per_million_in=2.0, per_million_out=8.0))


def test_three_questions_a_cut_are_expected(cache: AnswerCache) -> None:
    expected = estimate(cuts(4), ScriptedAnnotator(), cache, LIMITS)
    assert (expected.cuts, expected.questions) == (4, 12)
    assert expected.money is not None
    assert expected.money == (2 * expected.tokens_in + 8 * expected.tokens_out) / 1e6
    twice = estimate(cuts(8), ScriptedAnnotator(), cache, LIMITS)
    assert (twice.questions, twice.tokens_out) == (24, 2 * expected.tokens_out)


def test_what_is_answered_is_not_counted(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator()
    list(annotate(cuts(2), annotator, cache, LIMITS))
    assert estimate(cuts(2), annotator, cache, LIMITS).questions == 0
    assert estimate(cuts(3), annotator, cache, LIMITS).questions == 3


def test_of_what_is_half_answered_the_rest_is_counted(cache: AnswerCache) -> None:
    half = CUT_ANSWER.replace('["cut-in"]', '["jump cut"]')
    annotator = ScriptedAnnotator(said(half), TryLater("busy"))
    list(annotate(cuts(1), annotator, cache, replace(LIMITS, retries=0)))
    assert estimate(cuts(1), annotator, cache, LIMITS).questions == 3


def test_what_was_given_up_counts_on_demand(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(said("hm"), said("hm"))
    list(annotate(cuts(1), annotator, cache, replace(LIMITS, re_asks=1)))
    once = replace(LIMITS, re_asks=1)
    assert estimate(cuts(1), annotator, cache, once).questions == 0
    assert estimate(cuts(1), annotator, cache, replace(once, again=True)).questions == 3


def test_after_a_refusal_the_shots_are_not_asked_about(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(said("", refusal="no"))
    list(annotate(cuts(1), annotator, cache, LIMITS))
    assert estimate(cuts(1), annotator, cache, LIMITS).questions == 0


def test_without_prices_there_is_no_money(cache: AnswerCache) -> None:
    assert estimate(cuts(1), ScriptedAnnotator(), cache, Limits()).money is None
