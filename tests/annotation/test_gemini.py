"""One question to Gemini's protocol: what goes out, and what comes back."""

import pytest
from tests.annotation.runs import ask_once
from tests.annotation.server import TOKENS_IN, TOKENS_OUT, Fault, LoopbackServer, gemini
from tests.annotation.stills import cuts

from cut2next.annotation.faults import NotAccepted, TryLater
from cut2next.annotation.gemini import KEYS, GeminiAnnotator
from cut2next.annotation.question import cut_question
from cut2next.annotation.schema import read_answer
from cut2next.film import InputError

QUESTION = cut_question(cuts(1)[0], None)


def test_an_answer_comes_without_the_models_thoughts_but_with_their_cost(
    server: LoopbackServer,
) -> None:
    reply = ask_once(gemini(server), QUESTION)
    answer = read_answer(reply.raw, QUESTION.schema)
    assert not isinstance(answer, str), answer
    assert (reply.tokens_in, reply.tokens_out) == (TOKENS_IN, TOKENS_OUT)
    assert reply.refusal is None
    assert server.texts == [QUESTION.text]


def test_what_was_wrong_before_goes_out_with_the_question(server: LoopbackServer) -> None:
    ask_once(gemini(server), QUESTION, "no scene")
    assert server.texts[0].startswith(QUESTION.text)
    assert "An earlier answer could not be read: no scene." in server.texts[0]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("blocked", "the question was blocked: SAFETY"),
        ("cut off", "the answer was blocked: SAFETY"),
    ],
)
def test_a_blocked_question_is_a_refusal(how: str, reason: str, server: LoopbackServer) -> None:
    server.script = [Fault(refused=how)]
    assert ask_once(gemini(server), QUESTION).refusal == reason


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=500), TryLater),
        (Fault(dropped=True), TryLater),
        (Fault(body="no JSON"), TryLater),
        (Fault(status=413), NotAccepted),
    ],
)
def test_faults_of_the_server_have_their_kind(
    fault: Fault, kind: type[Exception], server: LoopbackServer
) -> None:
    server.script = [fault]
    with pytest.raises(kind):
        ask_once(gemini(server), QUESTION)


def test_a_key_is_needed_and_the_first_that_is_set_counts(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="GEMINI_API_KEY or GOOGLE_API_KEY is not set"):
        GeminiAnnotator("a-model")
    monkeypatch.setenv("GOOGLE_API_KEY", "wrong")
    by_environment = GeminiAnnotator("a-model", base_url=server.url)
    with pytest.raises(InputError, match="a key that the server takes"):
        ask_once(by_environment, QUESTION)
