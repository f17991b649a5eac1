"""One question to OpenAI's protocol: what goes out, and what comes back."""

from dataclasses import replace

import pytest
from tests.annotation.runs import ask_once
from tests.annotation.server import (
    TOKENS_IN,
    TOKENS_OUT,
    Fault,
    LoopbackServer,
    openai_compatible,
    unfit,
)
from tests.annotation.stills import cuts

from cut2next.annotation.faults import NotAccepted, TryLater
from cut2next.annotation.openai_compatible import KEY, OpenAICompatibleAnnotator
from cut2next.annotation.question import cut_question
from cut2next.annotation.reading import read_answers
from cut2next.annotation.schema import CutAnswer
from cut2next.film import InputError

QUESTION = cut_question(cuts(1)[0], None)
ABOUT_SCENE = replace(QUESTION, fields=("scene",), room=900)


def test_an_answer_comes_with_what_it_took(server: LoopbackServer) -> None:
    reply = ask_once(openai_compatible(server), QUESTION)
    assert isinstance(read_answers([reply.raw], QUESTION.schema), CutAnswer)
    assert (reply.tokens_in, reply.tokens_out) == (TOKENS_IN, TOKENS_OUT)
    assert reply.refusal is None
    assert server.texts == [QUESTION.text]


def test_a_server_is_asked_to_keep_to_the_schema_and_given_the_room_that_is_asked_for(
    server: LoopbackServer,
) -> None:
    ask_once(openai_compatible(server), ABOUT_SCENE)
    (asked,) = server.options
    assert asked["max_tokens"] == 900
    assert asked["response_format"]["type"] == "json_schema"
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["scene"]


NO_SCHEMA = [
    "This response_format type is unavailable now",
    "This model does not support response format `json_schema`",
    "Bad Request",
    "'response_format.type' must be 'json_object' or 'text'",
]


@pytest.mark.parametrize("words", NO_SCHEMA)
@pytest.mark.parametrize("lacks", [1, 2])
def test_a_server_without_schemas_is_asked_for_json_then_in_words_from_then_on(
    words: str, lacks: int, server: LoopbackServer
) -> None:
    annotator = openai_compatible(server)
    server.script = [unfit(words)] * lacks
    for _ in range(2):
        assert ask_once(annotator, QUESTION).raw
    forms = [asked.get("response_format", {}).get("type") for asked in server.options]
    ladder = ["json_schema", "json_object", None]
    assert forms == [*ladder[: lacks + 1], ladder[lacks]]
    assert all("Its JSON schema: {" in text for text in server.texts[1:])


def test_a_server_that_takes_no_form_at_all_is_not_remembered_as_such(
    server: LoopbackServer,
) -> None:
    annotator = openai_compatible(server)
    server.script = [unfit("response_format, perhaps")] * 3
    with pytest.raises(NotAccepted, match="perhaps"):
        ask_once(annotator, QUESTION)
    ask_once(annotator, QUESTION)
    assert server.options[-1]["response_format"]["type"] == "json_schema"


def test_a_server_that_calls_room_by_another_name_is_asked_by_that(server: LoopbackServer) -> None:
    annotator = openai_compatible(server)
    server.script = [unfit("'max_tokens' is not supported, use 'max_completion_tokens' instead")]
    for _ in range(2):
        ask_once(annotator, ABOUT_SCENE)
    assert [set(asked) & {"max_tokens", "max_completion_tokens"} for asked in server.options] == [
        {"max_tokens"},
        {"max_completion_tokens"},
        {"max_completion_tokens"},
    ]
    ask_once(annotator, QUESTION)
    assert "max_completion_tokens" not in server.options[-1]


@pytest.mark.parametrize(
    ("end", "cut_off"), [("length", True), ("model_length", True), ("stop", False), ("eos", False)]
)
def test_an_answer_that_ends_for_want_of_room_is_told(
    end: str, cut_off: bool, server: LoopbackServer
) -> None:
    server.script = [Fault(end=end)]
    assert ask_once(openai_compatible(server), QUESTION).cut_off == cut_off


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
