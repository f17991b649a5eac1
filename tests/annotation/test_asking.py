"""One question at a time, by a scripted annotator: what is asked again, and when it is enough."""

import asyncio

import pytest
from tests.annotation.scripted import CUT_ANSWER, ScriptedAnnotator, said
from tests.annotation.stills import cuts

from cut2next.annotation.asking import Asker, is_settled
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.faults import Declined, NotAccepted, TryLater, Unanswered
from cut2next.annotation.limits import Limits
from cut2next.annotation.question import cut_question
from cut2next.annotation.schema import CutAnswer
from cut2next.film import InputError

QUICK = Limits(first_wait=1e-4, retries=2, re_asks=2, failures_in_a_row=3)
QUESTION = cut_question(cuts(1)[0], None)
NONSENSE = said('{"scene": 1}')


def _answer(annotator: ScriptedAnnotator, cache: AnswerCache, limits: Limits = QUICK) -> CutAnswer:
    return asyncio.run(Asker(annotator, cache, limits).answer(QUESTION))


def test_an_answer_is_asked_for_once_and_kept(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator()
    assert _answer(annotator, cache) == _answer(annotator, cache)
    assert annotator.faults == [None]
    received = cache.last(QUESTION.key(annotator.model))
    assert received is not None
    assert (received.raw, received.attempt, received.fault) == (CUT_ANSWER, 1, None)


def test_the_same_question_at_once_is_asked_once(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator()

    async def twice() -> tuple[CutAnswer, CutAnswer]:
        asker = Asker(annotator, cache, QUICK)
        return await asyncio.gather(asker.answer(QUESTION), asker.answer(QUESTION))

    first, second = asyncio.run(twice())
    assert first == second
    assert len(annotator.faults) == 1


def test_a_busy_server_is_asked_again_as_often_as_the_limits_say(cache: AnswerCache) -> None:
    busy = TryLater("busy")
    assert _answer(ScriptedAnnotator(busy, busy), cache).scene == "<Anna> reads"
    given_up = ScriptedAnnotator(busy, busy, busy)
    with AnswerCache(cache.path.with_name("other")) as other:
        with pytest.raises(Unanswered, match="busy"):
            _answer(given_up, other)
        assert other.last(QUESTION.key("scripted")) is None  # the next run asks again


def test_what_does_not_fit_is_asked_for_again_with_the_fault(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(NONSENSE)
    assert _answer(annotator, cache).patterns == ("cut-in",)
    first, second = annotator.faults
    assert first is None
    assert second is not None
    assert "scene: Input should be a valid string" in second


def test_patience_with_what_never_fits_ends(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(*[NONSENSE] * 9)
    for _ in range(2):  # the second time the cache knows
        with pytest.raises(Unanswered, match="3 answers did not fit"):
            _answer(annotator, cache)
    assert len(annotator.faults) == 3


def test_a_refusal_is_the_last_word(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(said("", refusal="not that"))
    for _ in range(2):
        with pytest.raises(Declined, match="not that"):
            _answer(annotator, cache)
    assert len(annotator.faults) == 1
    received = cache.last(QUESTION.key("scripted"))
    assert received is not None
    assert is_settled(received, QUICK)


def test_a_question_that_is_not_taken_is_not_tried_again(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(NotAccepted("too large"))
    with pytest.raises(Unanswered, match="too large"):
        _answer(annotator, cache)
    assert len(annotator.faults) == 1


def test_a_server_that_answers_nothing_stops_everything(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(*[NotAccepted("no")] * 9)
    asker = Asker(annotator, cache, QUICK)

    async def ask() -> None:
        for question in (cut_question(cut, None) for cut in cuts(9)):
            with pytest.raises(Unanswered):
                await asker.answer(question)

    with pytest.raises(InputError, match="3 questions in a row failed"):
        asyncio.run(ask())
    assert len(annotator.faults) == 3


def test_a_wait_longer_than_the_longest_stops_everything(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(TryLater("quota", seconds=3600))
    with pytest.raises(InputError, match="it asks to wait 3600 s; expected at most 60 s"):
        _answer(annotator, cache)


def test_an_answer_between_two_failures_starts_the_count_again(cache: AnswerCache) -> None:
    broken = NotAccepted("no")
    good = said(CUT_ANSWER)
    annotator = ScriptedAnnotator(broken, broken, good, broken, broken, good)
    asker = Asker(annotator, cache, QUICK)

    async def scenes() -> list[str]:
        answered = []
        for question in (cut_question(cut, None) for cut in cuts(6)):
            try:
                answered.append((await asker.answer(question)).scene)
            except Unanswered:
                answered.append("")
        return answered

    assert asyncio.run(scenes()) == ["", "", "<Anna> reads"] * 2


def test_waits_double_about_and_are_bounded(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    limits = Limits(first_wait=1.0, longest_wait=20.0, retries=6)
    _answer(ScriptedAnnotator(*[TryLater("busy")] * 6), cache, limits)
    for number, wait in enumerate(waits):
        assert min(0.5 * 2**number, 20) <= wait <= min(1.5 * 2**number, 20)
    assert len(waits) == 6
