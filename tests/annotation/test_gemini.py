"""One question to Gemini's protocol: what goes out, and what comes back."""

from dataclasses import replace

import pytest
from google.genai.types import FinishReason
from tests.annotation.runs import ask_once
from tests.annotation.server import TOKENS_IN, TOKENS_OUT, Fault, LoopbackServer, gemini, unfit
from tests.annotation.stills import cuts

from cut2next.annotation.faults import NotAccepted, TryLater
from cut2next.annotation.gemini import KEYS, GeminiAnnotator
from cut2next.annotation.question import cut_question
from cut2next.annotation.reading import read_answers
from cut2next.annotation.schema import CutAnswer
from cut2next.film import InputError

QUESTION = cut_question(cuts(1)[0], None)
ABOUT_SCENE = replace(QUESTION, fields=("scene",), room=900)


def test_an_answer_comes_without_the_models_thoughts_but_with_their_cost(
    server: LoopbackServer,
) -> None:
    reply = ask_once(gemini(server), QUESTION)
    assert isinstance(read_answers([reply.raw], QUESTION.schema), CutAnswer)
    assert (reply.tokens_in, reply.tokens_out) == (TOKENS_IN, TOKENS_OUT)
    assert reply.refusal is None
    assert server.texts == [QUESTION.text]


def test_a_model_is_held_to_the_schema_and_given_the_room_that_is_asked_for(
    server: LoopbackServer,
) -> None:
    ask_once(gemini(server), ABOUT_SCENE)
    asked = server.options[0]["generationConfig"]
    assert asked["responseMimeType"] == "application/json"
    assert list(asked["responseSchema"]["properties"]) == ["scene"]
    assert asked["maxOutputTokens"] == 900
    assert server.texts[0].startswith(QUESTION.text)


@pytest.mark.parametrize(
    "words", ["JSON mode is not enabled for models/a-model", 'Unknown name "responseSchema"']
)
def test_a_model_without_json_mode_is_asked_in_words_from_then_on(
    words: str, server: LoopbackServer
) -> None:
    annotator = gemini(server)
    server.script = [unfit(words)]
    for _ in range(2):
        assert ask_once(annotator, QUESTION).raw
    assert ["responseSchema" in asked.get("generationConfig", {}) for asked in server.options] == [
        *(True, False, False)
    ]
    assert "Its JSON schema: {" in server.texts[1]
    assert "Its JSON schema" not in server.texts[0]


REFUSALS = {
    *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "ESCALATION", "MODEL_ARMOR"),
}
LENGTHS = {"MAX_TOKENS", "CONTINUATION"}
READ = {
    *("STOP", "FINISH_REASON_UNSPECIFIED", "OTHER", "MALFORMED_RESPONSE"),
    *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
    *("MISSING_THOUGHT_SIGNATURE", "IMAGE_OTHER", "NO_IMAGE"),
}
"""Nobody refuses: what came is read, and asked for again where it does not do."""


@pytest.mark.parametrize("end", [reason.value for reason in FinishReason])
def test_every_end_of_an_answer_means_something(end: str, server: LoopbackServer) -> None:
    server.script = [Fault(end=end)]
    if end == "PUP_LIMITED_DISABLED":
        with pytest.raises(InputError, match="the account is limited or disabled"):
            ask_once(gemini(server), QUESTION)
        return
    reply = ask_once(gemini(server), QUESTION)
    assert end in REFUSALS | LENGTHS | READ
    assert reply.refusal == (f"the answer was blocked: {end}" if end in REFUSALS else None)
    assert reply.cut_off == (end in LENGTHS)


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
