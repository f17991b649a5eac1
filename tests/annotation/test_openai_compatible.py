"""One question to OpenAI's protocol: what goes out, and what comes back."""

import pytest
from tests.annotation.runs import ask_once
from tests.annotation.server import TOKENS_IN, TOKENS_OUT, Fault, LoopbackServer, openai_compatible
from tests.annotation.stills import cuts

from cut2next.annotation.faults import NotAccepted, TryLater
from cut2next.annotation.openai_compatible import KEY, OpenAICompatibleAnnotator
from cut2next.annotation.question import cut_question
from cut2next.annotation.schema import read_answer
from cut2next.film import InputError

QUESTION = cut_question(cuts(1)[0], None)


def test_an_answer_comes_with_what_it_took(server: LoopbackServer) -> None:
    reply = ask_once(openai_compatible(server), QUESTION)
    answer = read_answer(reply.raw, QUESTION.schema)
    assert not isinstance(answer, str), answer
    assert (reply.tokens_in, reply.tokens_out) == (TOKENS_IN, TOKENS_OUT)
    assert reply.refusal is None
    assert server.texts == [QUESTION.text]


def test_what_was_wrong_before_goes_out_with_the_question(server: LoopbackServer) -> None:
    ask_once(openai_compatible(server), QUESTION, "no scene")
    assert "An earlier answer could not be read: no scene." in server.texts[0]


@pytest.mark.parametrize(
    ("how", "reason"),
    [("said", "I would rather not"), ("cut off", "the answer was blocked: content_filter")],
)
def test_a_refusal_is_read(how: str, reason: str, server: LoopbackServer) -> None:
    server.script = [Fault(refused=how)]
    assert ask_once(openai_compatible(server), QUESTION).refusal == reason


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=500), TryLater),
        (Fault(dropped=True), TryLater),
        (Fault(body='{"choices": []}'), TryLater),
        (Fault(body="no JSON"), TryLater),
        (Fault(status=413), NotAccepted),
    ],
)
def test_faults_of_the_server_have_their_kind(
    fault: Fault, kind: type[Exception], server: LoopbackServer
) -> None:
    server.script = [fault]
    with pytest.raises(kind):
        ask_once(openai_compatible(server), QUESTION)


def test_a_server_at_home_needs_no_key_but_another_says_so(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    keyless = OpenAICompatibleAnnotator("a-model", base_url=f"{server.url}/v1")
    with pytest.raises(InputError, match=f"a key that the server takes; set {KEY}"):
        ask_once(keyless, QUESTION)
