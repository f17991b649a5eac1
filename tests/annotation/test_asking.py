"""One question at a time, by a scripted annotator: what is asked again, and when it is enough."""

import asyncio
import json
from dataclasses import replace

import pytest
from tests.annotation.scripted import CUT_ANSWER, ScriptedAnnotator, said
from tests.annotation.stills import cuts

from cut2next.annotation.asking import Asker
from cut2next.annotation.cache import AnswerCache, Received
from cut2next.annotation.faults import Declined, NotAccepted, TryLater, Unanswered
from cut2next.annotation.limits import Limits
from cut2next.annotation.question import cut_question
from cut2next.annotation.schema import CutAnswer
from cut2next.film import InputError

QUICK = Limits(first_wait=1e-4, retries=2, re_asks=2, failures_in_a_row=3)
QUESTION = cut_question(cuts(1)[0], None)
NONSENSE = said('{"scene": 1}')
WHOLE = json.loads(CUT_ANSWER)


def _answer(annotator: ScriptedAnnotator, cache: AnswerCache, limits: Limits = QUICK) -> CutAnswer:
    return asyncio.run(Asker(annotator, cache, limits).answer(QUESTION))


def test_an_answer_is_asked_for_once_and_kept(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator()
    assert _answer(annotator, cache) == _answer(annotator, cache)
    assert annotator.questions == [QUESTION]
    (received,) = cache.answers(QUESTION.key(annotator.model))
    assert (received.raw, received.attempt, received.fault) == (CUT_ANSWER, 1, None)


def test_the_same_question_at_once_is_asked_once(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator()

    async def twice() -> tuple[CutAnswer, CutAnswer]:
        asker = Asker(annotator, cache, QUICK)
        return await asyncio.gather(asker.answer(QUESTION), asker.answer(QUESTION))

    first, second = asyncio.run(twice())
    assert first == second
    assert len(annotator.questions) == 1


def test_a_busy_server_is_asked_again_as_often_as_the_limits_say(cache: AnswerCache) -> None:
    busy = TryLater("busy")
    assert _answer(ScriptedAnnotator(busy, busy), cache).scene == "<Anna> reads"
    given_up = ScriptedAnnotator(busy, busy, busy)
    with AnswerCache(cache.path.with_name("other")) as other:
        with pytest.raises(Unanswered, match="busy"):
            _answer(given_up, other)
        assert not other.answers(QUESTION.key("scripted"))  # the next run asks again


def test_what_is_missing_is_asked_for_alone_and_joins_what_was_told(cache: AnswerCache) -> None:
    first = json.dumps({**WHOLE, "scene": 1, "patterns": ["jump cut"]})
    second = json.dumps({"scene": "<Anna> sleeps", "patterns": "Cutaway"})
    annotator = ScriptedAnnotator(said(first), said(second))
    answer = _answer(annotator, cache)
    assert (answer.scene, answer.patterns) == ("<Anna> sleeps", ("cutaway",))
    assert answer.transition == WHOLE["transition"]
    about_rest = annotator.questions[1]
    assert about_rest.fields == ("scene", "patterns")
    assert list(about_rest.asked_schema["properties"]) == ["scene", "patterns"]
    assert about_rest.text.startswith(QUESTION.text)
    added = about_rest.text.removeprefix(QUESTION.text)
    assert "scene: Input should be a valid string" in added
    assert json.dumps(WHOLE["characters"]) in added
    assert "only what is missing: scene, patterns." in added
    assert _answer(annotator, cache) == answer  # read from the cache, together
    assert len(annotator.questions) == 2
    faults = [received.fault for received in cache.answers(QUESTION.key("scripted"))]
    assert [fault is None for fault in faults] == [False, True]


def test_an_answer_that_holds_nothing_is_asked_for_again_whole(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(said("I see two people."))
    assert _answer(annotator, cache).patterns == ("cut-in",)
    assert annotator.questions[1].fields == tuple(WHOLE)
    assert "could not be read: no JSON object" in annotator.questions[1].text


def test_patience_with_what_never_fits_ends(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(*[NONSENSE] * 9)
    for _ in range(2):  # the second time the cache knows
        with pytest.raises(Unanswered, match=r"3 answers did not fit: .*; scene: Input should"):
            _answer(annotator, cache)
    assert len(annotator.questions) == 3


def test_on_demand_a_question_that_was_given_up_is_asked_again(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(*[NONSENSE] * 5)
    again = replace(QUICK, again=True)
    with pytest.raises(Unanswered, match="3 answers"):
        _answer(annotator, cache)
    assert _answer(annotator, cache, again).scene == "<Anna> reads"
    assert len(annotator.questions) == 6
    _answer(annotator, cache, again)  # what is answered is not
    assert len(annotator.questions) == 6


def test_patience_ends_on_demand_as_well(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(*[NONSENSE] * 20)
    asker = Asker(annotator, cache, replace(QUICK, again=True))

    async def ask() -> None:
        for _ in range(2):  # two cuts may share a question
            with pytest.raises(Unanswered):
                await asker.answer(QUESTION)

    asyncio.run(ask())
    assert len(annotator.questions) == 3


def test_answers_that_a_reader_of_old_gave_up_are_read_anew(cache: AnswerCache) -> None:
    wrapped = Received(
        key=QUESTION.key("scripted"),
        model="scripted",
        instructions=1,
        schema_name="CutAnswer",
        time="2026-01-01T00:00:00+00:00",
        attempt=3,
        raw=f"<think>hm</think>{CUT_ANSWER}",
        tokens_in=1,
        tokens_out=1,
        fault="Invalid JSON",
    )
    cache.add(wrapped)
    annotator = ScriptedAnnotator()
    assert _answer(annotator, cache, replace(QUICK, re_asks=0)).patterns == ("cut-in",)
    assert not annotator.questions


def test_an_answer_that_was_cut_off_gets_twice_the_room_then_twice_that(
    cache: AnswerCache,
) -> None:
    half = CUT_ANSWER[: CUT_ANSWER.index('"transition"')]
    cut_off = [said(half, cut_off=True, took=50), said("{", cut_off=True, took=100)]
    annotator = ScriptedAnnotator(*cut_off, said(CUT_ANSWER))
    assert _answer(annotator, cache) == CutAnswer.model_validate(WHOLE)
    assert [question.room for question in annotator.questions] == [None, 100, 200]
    assert annotator.questions[1].fields == ("transition", "patterns")
    assert "it was cut off, so be brief" in annotator.questions[1].text


def test_a_failure_says_that_answers_were_cut_off(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(*[said("{", cut_off=True, took=took) for took in (50, 100, 200)])
    words = "3 answers did not fit, cut off after 200 tokens: no JSON object"
    with pytest.raises(Unanswered, match=words):
        _answer(annotator, cache)


def test_a_server_that_has_no_more_room_is_told_with_why_it_was_asked_for(
    cache: AnswerCache,
) -> None:
    annotator = ScriptedAnnotator(said("{", cut_off=True, took=50), NotAccepted("too many tokens"))
    with pytest.raises(Unanswered, match=r"cut off after 50 tokens: .*; too many tokens"):
        _answer(annotator, cache)


def test_a_cut_off_answer_of_untold_length_gets_more_room_than_it_took(cache: AnswerCache) -> None:
    long = "x" * 40_000
    annotator = ScriptedAnnotator(said(long, cut_off=True, took=0))
    _answer(annotator, cache)
    assert annotator.questions[1].room == 20_000


def test_a_refusal_is_the_last_word(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(said("", refusal="not that"))
    for _ in range(2):
        with pytest.raises(Declined, match="not that"):
            _answer(annotator, cache)
    assert len(annotator.questions) == 1
    assert [answer.refusal for answer in cache.answers(QUESTION.key("scripted"))] == ["not that"]


def test_a_question_that_is_not_taken_is_not_tried_again(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(NotAccepted("too large"))
    with pytest.raises(Unanswered, match="too large"):
        _answer(annotator, cache)
    assert len(annotator.questions) == 1


def test_a_server_that_answers_nothing_stops_everything(cache: AnswerCache) -> None:
    annotator = ScriptedAnnotator(*[NotAccepted("no")] * 9)
    asker = Asker(annotator, cache, QUICK)

    async def ask() -> None:
        for question in (cut_question(cut, None) for cut in cuts(9)):
            with pytest.raises(Unanswered):
                await asker.answer(question)

    with pytest.raises(InputError, match="3 questions in a row failed"):
        asyncio.run(ask())
    assert len(annotator.questions) == 3


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
