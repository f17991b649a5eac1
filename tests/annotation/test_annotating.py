"""Whole runs against a real server, in both protocols, well-behaved and not."""

import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from tests.annotation.runs import ONE, QUICK, run
from tests.annotation.server import (
    NONSENSE,
    TOKENS_IN,
    TOKENS_OUT,
    TRUNCATED,
    Fault,
    LoopbackServer,
    gemini,
    openai_compatible,
    too_many,
)
from tests.annotation.stills import cuts, still

from cut2next.annotation.annotator import Annotator
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.consistency import inconsistencies
from cut2next.annotation.limits import Limits
from cut2next.annotation.outcome import Annotated, Failed, Refused
from cut2next.annotation.question import CutImages
from cut2next.film import EditingPattern, InputError

AnyConnect = Callable[..., Annotator]
Connect = Callable[[LoopbackServer], Annotator]
both_protocols = pytest.mark.parametrize("connect", [gemini, openai_compatible])


@both_protocols
def test_a_cut_gets_its_prompts_and_patterns(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    outcome = run(cuts(1), connect(server), cache, QUICK)["cut 0"]
    assert isinstance(outcome, Annotated)
    anna, ben = outcome.annotation.characters
    prompt = outcome.annotation.prompt
    assert (anna.name, ben.look) == ("Anna", "bald, suit")
    assert prompt.relational.scene == f"{anna} and {ben} talk in the café"
    assert prompt.current.summary.startswith(f"Medium shot of {anna} and {ben} in café")
    assert prompt.current.summary != prompt.next.summary
    assert dict(prompt.next.attributes) == {"Shot Size": "medium", "Color": "warm"}
    assert outcome.annotation.patterns <= frozenset(EditingPattern)
    assert inconsistencies(outcome.annotation) == ()
    assert cache.tokens("a-model").into == 3 * TOKENS_IN
    assert cache.tokens("a-model").out == 3 * TOKENS_OUT


@both_protocols
def test_the_second_run_asks_nothing(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    first = run(cuts(5), connect(server), cache, QUICK)
    assert len(server.asked) == 15
    assert run(cuts(5), connect(server), cache, QUICK) == first
    assert len(server.asked) == 15


def test_both_protocols_give_the_same(server: LoopbackServer, tmp_path: Path) -> None:
    with AnswerCache(tmp_path / "one") as first, AnswerCache(tmp_path / "other") as second:
        by_gemini = run(cuts(3), gemini(server), first, QUICK)
        assert run(cuts(3), openai_compatible(server), second, QUICK) == by_gemini


@both_protocols
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(too_many(0.05), id="429"),
        pytest.param(Fault(status=500), id="500"),
        pytest.param(Fault(status=503, body="<html>no JSON</html>"), id="503 in HTML"),
        pytest.param(Fault(dropped=True), id="dropped connection"),
        pytest.param(Fault(body='{"half'), id="an answer that is no JSON"),
    ],
)
def test_a_fault_of_the_server_is_waited_out(
    fault: Fault, connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [fault, None, fault, fault]
    outcome = run(cuts(1), connect(server), cache, ONE)["cut 0"]
    assert isinstance(outcome, Annotated)
    assert len(server.asked) == 6
    assert len(set(server.asked)) == 3


@both_protocols
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(silent=True), id="never answers"),
        pytest.param(Fault(drip=0.05), id="drips"),
    ],
)
def test_an_answer_has_to_be_whole_in_time(
    fault: Fault, connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [fault]
    limits = Limits(first_wait=0.01, timeout=0.4)
    started = time.monotonic()
    outcome = run(cuts(1), connect(server), cache, limits)["cut 0"]
    assert isinstance(outcome, Annotated)
    assert time.monotonic() - started < 20
    assert server.asked[0] == server.asked[1]


@both_protocols
def test_a_server_that_stays_broken_fails_the_cut_for_now(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [Fault(status=500)] * 3
    limits = Limits(at_once=1, first_wait=0.01, retries=2)
    failed = run(cuts(1), connect(server), cache, limits)["cut 0"]
    assert failed == Failed(id="cut 0", reason="the server says 500 (broken)")
    # Not kept: the next run asks again.
    assert isinstance(run(cuts(1), connect(server), cache, limits)["cut 0"], Annotated)


@both_protocols
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (TRUNCATED, "An earlier answer lacked something: .*patterns: Field required"),
        (NONSENSE, "An earlier answer could not be read: no JSON object"),
    ],
)
def test_an_answer_that_does_not_fit_is_asked_for_again_with_the_fault(
    fault: Fault, words: str, connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [fault]
    assert isinstance(run(cuts(1), connect(server), cache, ONE)["cut 0"], Annotated)
    assert len(server.asked) == 4
    assert "An earlier answer" not in server.texts[0]
    assert re.search(words, server.texts[1])


@both_protocols
def test_answers_that_never_fit_are_paid_for_a_bounded_number_of_times(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.always = NONSENSE
    for _ in range(2):  # the second run asks nothing: its patience was spent by the first
        outcome = run(cuts(1), connect(server), cache, ONE)["cut 0"]
        assert isinstance(outcome, Failed)
        assert "3 answers did not fit: no JSON object" in outcome.reason
        assert len(server.asked) == 3
    server.always = None
    patient = Limits(re_asks=3)
    assert isinstance(run(cuts(1), connect(server), cache, patient)["cut 0"], Annotated)


@pytest.mark.parametrize(
    ("connect", "how", "words"),
    [
        (gemini, "blocked", "SAFETY"),
        (gemini, "cut off", "SAFETY"),
        (openai_compatible, "cut off", "content_filter"),
        (openai_compatible, "said", "I would rather not"),
    ],
)
def test_a_refusal_is_no_error_and_is_not_asked_again(
    connect: Connect, how: str, words: str, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [Fault(refused=how)]
    for _ in range(2):
        outcomes = run(cuts(2), connect(server), cache, ONE)
        refused = outcomes["cut 0"]
        assert isinstance(refused, Refused)
        assert words in refused.reason
        assert isinstance(outcomes["cut 1"], Annotated)
    assert len(server.asked) == 4


def test_a_filter_that_answers_with_an_error_is_a_refusal(
    server: LoopbackServer, cache: AnswerCache
) -> None:
    words = '{"error": {"message": "filtered", "code": "content_filter"}}'
    server.script = [Fault(status=400, body=words)]
    outcome = run(cuts(1), openai_compatible(server), cache, ONE)["cut 0"]
    assert isinstance(outcome, Refused)
    assert "filtered" in outcome.reason


@both_protocols
def test_a_question_that_is_not_accepted_fails_at_once(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [Fault(status=413, body='{"error": {"message": "too large"}}')]
    outcomes = run(cuts(2), connect(server), cache, ONE)
    assert outcomes["cut 0"] == Failed(id="cut 0", reason="the server says 413 (too large)")
    assert isinstance(outcomes["cut 1"], Annotated)


@both_protocols
def test_a_wrong_key_or_model_stops_at_once_in_one_line(
    connect: AnyConnect, server: LoopbackServer, cache: AnswerCache
) -> None:
    wrong: list[tuple[Annotator, str, int]] = [
        (connect(server, key="wrong"), "expected a key that the server takes; set .*_API_KEY", 0),
        (connect(server, model="other"), "other: the server says 404 .*no such model", 1),
    ]
    for annotator, words, questions in wrong:
        server.asked.clear()
        with pytest.raises(InputError, match=words) as caught:
            run(cuts(9), annotator, cache, ONE)
        assert len(server.asked) == questions
        assert "\n" not in str(caught.value)


def test_an_empty_account_stops_at_once(server: LoopbackServer, cache: AnswerCache) -> None:
    words = '{"error": {"message": "no credit", "code": "insufficient_quota"}}'
    server.always = Fault(status=429, body=words)
    with pytest.raises(InputError, match="expected an account with money in it"):
        run(cuts(9), openai_compatible(server), cache, ONE)
    assert len(server.asked) == 1


@both_protocols
def test_a_server_that_is_down_stops_the_run(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.always = Fault(status=500)
    limits = Limits(at_once=2, first_wait=0.001, retries=1, failures_in_a_row=4)
    with pytest.raises(InputError, match="4 questions in a row failed"):
        run(cuts(50), connect(server), cache, limits)
    assert len(server.asked) <= 12


def test_nobody_listens(cache: AnswerCache) -> None:
    with LoopbackServer() as gone:
        annotators: list[Annotator] = [gemini(gone), openai_compatible(gone)]
    limits = Limits(at_once=1, first_wait=0.001, retries=1, failures_in_a_row=2)
    for annotator in annotators:
        with pytest.raises(InputError, match="cannot be asked \\(ConnectError"):
            run(cuts(5), annotator, cache, limits)


@both_protocols
def test_the_delay_that_the_server_asks_for_is_kept(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [None, too_many(0.5)]
    assert isinstance(run(cuts(1), connect(server), cache, ONE)["cut 0"], Annotated)
    gaps = [later - earlier for earlier, later in pairwise(server.times)]
    assert gaps[1] >= 0.5
    assert max(gaps[0], gaps[2]) < 0.4


def test_the_delay_in_a_body_of_google_is_kept(server: LoopbackServer, cache: AnswerCache) -> None:
    retry = '{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.5s"}'
    words = f'{{"error": {{"code": 429, "message": "quota", "details": [{retry}]}}}}'
    server.script = [Fault(status=429, body=words)]
    assert isinstance(run(cuts(1), gemini(server), cache, ONE)["cut 0"], Annotated)
    assert server.times[1] - server.times[0] >= 0.5


@both_protocols
def test_a_server_that_wants_a_day_stops_the_run(
    connect: Connect, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.always = too_many(86400)
    with pytest.raises(InputError, match="it asks to wait 86400 s"):
        run(cuts(5), connect(server), cache, ONE)


def test_a_still_that_is_no_picture_fails_its_cut_only(
    server: LoopbackServer, cache: AnswerCache
) -> None:
    bad = CutImages(id="bad", current=still(1), next=b"GIF89a")
    torn = CutImages(id="torn", current=still(1), next=still(2, size=(99, 99))[:60])
    limits = Limits(largest_side=32)
    outcomes = run([bad, torn, *cuts(1)], gemini(server), cache, limits)
    assert outcomes["bad"] == Failed(id="bad", reason="a still is neither PNG nor JPEG")
    failed = outcomes["torn"]
    assert isinstance(failed, Failed)
    assert "a still: is damaged" in failed.reason
    assert isinstance(outcomes["cut 0"], Annotated)


def test_an_annotator_serves_one_run_after_the_other(
    server: LoopbackServer, cache: AnswerCache
) -> None:
    for connect in (gemini, openai_compatible):
        annotator = connect(server)
        for first in (0, 100):
            outcomes = run(cuts(2, first=first), annotator, cache, QUICK)
            assert all(isinstance(outcome, Annotated) for outcome in outcomes.values())


def test_half_a_character_in_an_answer_is_kept_as_a_fault(
    server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [Fault(raw=lambda _: '{"scene": "\ud83d')]
    assert isinstance(run(cuts(1), gemini(server), cache, ONE)["cut 0"], Annotated)
    assert len(server.asked) == 4
