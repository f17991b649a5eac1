"""What counts as an answer, and what prompts become of it."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.annotation.schema import (
    LONGEST_TEXT,
    CutAnswer,
    PatternName,
    ShotAnswer,
    asked_schema,
    read_answer,
)
from cut2next.annotation.wording import hierarchical_prompt, relational_prompt
from cut2next.film import EditingPattern

CUT: dict[str, Any] = {
    "characters": [{"name": "Anna", "look": "red \\1 bob"}, {"name": "Ben", "look": "grey curls"}],
    "scene": "<Anna> waits for <Ben>, <Anna> reads",
    "scene_consistency": "Same café",
    "character_consistency": "<Ben> keeps his coat",
    "transition": "The transition between shots is a cut-in on <Ben>",
    "patterns": ["cut-in"],
}
SHOT: dict[str, Any] = {
    "summary": "Close up of <Ben> (grey curls)",
    "description": "<Ben> smiles; <Anna> behind him",
    "attributes": {"lens": "long", "shot_size": "close up", "focus": None},
}


def _read(schema: type[Any], answer: dict[str, Any], **changed: Any) -> Any:
    return read_answer(json.dumps({**answer, **changed}), schema)


def test_pattern_names_are_those_of_film() -> None:
    assert get_args(PatternName) == tuple(pattern.value for pattern in EditingPattern)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"scene": " \n "}, "scene: says nothing"),
        ({"scene": "x" * (LONGEST_TEXT + 1)}, "scene: is 2001 characters long"),
        ({"scene": None}, "scene: Input should be a valid string"),
        ({"patterns": []}, "patterns: are none"),
        ({"patterns": ["jump cut"]}, "patterns.0: Input should be 'shot-reverse-shot'"),
        ({"characters": [{"name": "Anna", "look": "hat (red)"}]}, "characters.0.look: holds brac"),
        ({"characters": [{"name": "Anna", "look": "hat"}] * 2}, "characters: share a name"),
        ({"mood": "tense"}, "mood: Extra inputs are not permitted"),
    ],
)
def test_faults_are_told_in_words(changed: dict[str, Any], words: str) -> None:
    fault = _read(CutAnswer, CUT, **changed)
    assert isinstance(fault, str)
    assert fault.startswith(words)


def test_a_fence_around_the_answer_is_taken_off() -> None:
    assert isinstance(read_answer(f"```json\n{json.dumps(CUT)}\n```", CutAnswer), CutAnswer)


@given(st.text(max_size=60))
def test_any_text_is_an_answer_or_a_fault(raw: str) -> None:
    assert isinstance(read_answer(raw, ShotAnswer), str)


_rubbish = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
)


@given(st.sampled_from(sorted(CUT)), _rubbish)
def test_text_that_gets_through_is_one_tidy_line(field: str, value: Any) -> None:
    answer = _read(CutAnswer, CUT, **{field: value})
    if isinstance(answer, str):
        assert field in answer
    else:
        words = (answer.scene, answer.transition, answer.scene_consistency)
        assert all(text.strip() and text.isprintable() for text in words)


@pytest.mark.parametrize(("schema", "answer"), [(CutAnswer, CUT), (ShotAnswer, SHOT)])
def test_servers_are_asked_for_every_field_and_no_other(
    schema: type[Any], answer: dict[str, Any]
) -> None:
    asked = asked_schema(schema)
    assert set(asked["properties"]) == set(answer)
    assert "$ref" not in json.dumps(asked)
    for node in _objects(asked):
        assert node["required"] == list(node["properties"])
        assert node["additionalProperties"] is False
    # Left out all the same, what may be None is None.
    assert not isinstance(_read(schema, answer), str)


def _objects(node: Any) -> list[dict[str, Any]]:
    inner = [inside for item in _items(node) for inside in _objects(item)]
    return [node, *inner] if isinstance(node, dict) and node.get("type") == "object" else inner


def _items(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def test_the_first_mention_in_each_prompt_carries_the_look() -> None:
    cut, shot = _read(CutAnswer, CUT), _read(ShotAnswer, SHOT)
    prompt = hierarchical_prompt(cut, shot, shot)
    anna, ben = "<Anna> (red \\1 bob)", "<Ben> (grey curls)"
    assert prompt.relational.scene == f"{anna} waits for {ben}, <Anna> reads"
    assert prompt.relational.transition.endswith("a cut-in on <Ben>")
    assert prompt.next.summary == f"Close up of {ben}"
    assert prompt.next.description == f"<Ben> smiles; {anna} behind him"
    assert list(prompt.next.attributes.items()) == [("Shot Size", "close up"), ("Lens", "long")]
    assert relational_prompt(cut) == prompt.relational
