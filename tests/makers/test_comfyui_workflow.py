import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.makers.comfyui_server import WORKFLOW

from cut2next.film import InputError
from cut2next.makers.comfyui_workflow import (
    CURRENT,
    SIZE,
    WORDS,
    Filling,
    Graph,
    Workflow,
    read_workflow,
)

SAID = {
    "prompt": "all (of it)",
    "next": "a %current% dog",
    "relational": "closer",
    "current": "a cat",
    "pattern": "a cut-in",
}
FILLING = Filling(words=SAID, image="cut2next/0.png", size=(48, 32), seed=30)
Read = Callable[[Any], Workflow]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """A workflow as it is read from a file."""

    def written(told: Any) -> Workflow:
        path = tmp_path / "mine.json"
        path.write_text(told if isinstance(told, str) else json.dumps(told))
        return read_workflow(path)

    return written


def titled(title: str, kind: str = "Any", **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}


def spoken(**inputs: Any) -> Graph:
    """A workflow with one more node."""
    return {**WORKFLOW, "10": {"class_type": "PrimitiveString", "inputs": inputs}}


def test_words_picture_and_seed_go_to_their_places_and_all_else_stays(read: Read) -> None:
    workflow = read(WORKFLOW)
    filled = workflow.filled(FILLING)
    assert filled["1"]["inputs"] == {"image": "cut2next/0.png"}
    assert filled["2"]["inputs"] == {"text": r"all \(of it\)", "clip": ["4", 1]}
    assert filled["3"]["inputs"] == {"seed": 30, "steps": 4, "positive": ["2", 0]}
    assert filled["9"] == WORKFLOW["9"]
    assert workflow.nodes == WORKFLOW  # for the next brief
    assert (workflow.is_seeded, workflow.said(SAID)) == (True, "all (of it)")


def test_words_are_not_looked_at_for_more_places(read: Read) -> None:
    workflow = read(spoken(value="%next%, after %pattern%; 100% wool", other="%nothing%"))
    inputs = workflow.filled(FILLING)["10"]["inputs"]
    assert inputs == {"value": "a %current% dog, after a cut-in; 100% wool", "other": "%nothing%"}
    assert workflow.said(SAID) == "all (of it)\na %current% dog, after a cut-in; 100% wool"


def test_parentheses_are_weights_for_comfyui_s_encoders_alone(read: Read) -> None:
    graph = spoken(value="(good:1.2) %prompt%")
    assert read(graph).filled(FILLING)["10"]["inputs"]["value"] == "(good:1.2) all (of it)"
    graph["10"]["class_type"] = "TextEncodeQwenImageEditPlus"
    filled = read(graph).filled(FILLING)
    assert filled["10"]["inputs"]["value"] == r"(good:1.2) all \(of it\)"


def test_titles_name_where_picture_and_size_go(read: Read) -> None:
    graph = {
        **WORKFLOW,
        "5": titled(f" {CURRENT} ", "LoadImageMask", image="b.png"),
        "6": titled(SIZE, "EmptyLatentImage", width=1024, height=1024, batch_size=1),
        "7": titled("noise", "RandomNoise", noise_seed=5),
        "8": titled("by a link", seed=["7", 0]),
    }
    filled = read(graph).filled(FILLING)
    assert filled["5"]["inputs"] == {"image": "cut2next/0.png"}
    assert filled["1"]["inputs"] == {"image": "example.png"}
    assert filled["6"]["inputs"] == {"width": 48, "height": 32, "batch_size": 1}
    assert filled["7"]["inputs"] == {"noise_seed": 30}
    assert filled["8"]["inputs"] == {"seed": ["7", 0]}


def without(id: str) -> Graph:
    return {other: node for other, node in WORKFLOW.items() if other != id}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("no JSON", "is no JSON"),
        ("[]", "is no workflow; expected a workflow of ComfyUI in its API format"),
        ("{}", "is no workflow"),
        ({"nodes": [], "links": [], "version": 0.4}, "is a workflow as ComfyUI's page keeps it"),
        ({"1": "x"}, "'1' is no node"),
        ({"prompt": WORKFLOW}, "'prompt' is no node"),
        ({**WORKFLOW, "5": {"class_type": "A", "inputs": []}}, "'5' is no node"),
        ({**WORKFLOW, "\x1b[31m": {}}, "is no node"),
        (json.dumps(WORKFLOW).replace(": 4", ": 1e999"), "cannot be sent"),
        (without("1"), f"no LoadImage node, and none titled '{CURRENT}'"),
        ({**WORKFLOW, "5": WORKFLOW["1"]}, f"2 LoadImage nodes, and none titled '{CURRENT}'"),
        ({**WORKFLOW, "5": titled(CURRENT, image=["4", 0])}, f"node 5 ({CURRENT}) has another"),
        ({**WORKFLOW, "5": titled(SIZE, width=8)}, f"node 5 ({SIZE}) has another; expected numb"),
        (without("2"), "no text with %prompt%, %next%, %relational%, %current%, %pattern%"),
    ],
)
def test_what_cannot_be_told_what_to_make_is_one_line(told: Any, said: str, read: Read) -> None:
    with pytest.raises(InputError) as refused:
        read(told)
    assert said in str(refused.value)
    assert str(refused.value).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["image", "seed", "noise_seed", "width", "height", "text"])
TEXTS = st.sampled_from([f"a %{word}%" for word in WORDS]) | JSON
NODES = st.fixed_dictionaries(
    {
        "class_type": st.sampled_from(["LoadImage", "CLIPTextEncode"]) | JSON,
        "inputs": st.dictionaries(NAMES, TEXTS) | JSON,
    },
    optional={"_meta": st.fixed_dictionaries({"title": st.sampled_from([CURRENT, SIZE])}) | JSON},
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.dictionaries(st.text(), NODES, max_size=4) | JSON)
def test_any_json_is_a_workflow_that_can_be_sent_or_refused(read: Read, told: Any) -> None:
    with suppress(InputError):
        filled = read(told).filled(FILLING)
        assert json.loads(json.dumps(filled, allow_nan=False)) == filled
        assert list(filled) == list(told)
        assert "cut2next/0.png" in [node["inputs"].get("image") for node in filled.values()]
