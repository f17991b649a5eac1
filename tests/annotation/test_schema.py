"""What servers are asked for, what is taken, and what prompts become of it."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cut2next.annotation.reading import Missing, read_answers
from cut2next.annotation.schema import (
    LONGEST_TEXT,
    CutAnswer,
    PatternName,
    ShotAnswer,
    asked_schema,
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
    return schema.model_validate({**answer, **changed})


def test_pattern_names_are_those_of_film() -> None:
    assert get_args(PatternName) == tuple(pattern.value for pattern in EditingPattern)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"scene": " \n "}, "says nothing"),
        ({"scene": "x" * (LONGEST_TEXT + 1)}, "is 2001 characters long"),
        ({"scene": None}, "Input should be a valid string"),
        ({"scene": [1, {}]}, "Input should be a valid string"),
        ({"patterns": []}, "are none"),
        ({"patterns": ["jump cut"]}, "Input should be 'shot-reverse-shot'"),
        ({"patterns": "jump cut"}, "Input should be 'shot-reverse-shot'"),
        ({"characters": [{"name": "Anna", "look": "hat (red)"}]}, "holds brackets"),
        ({"characters": [{"name": "Anna", "look": "hat"}] * 2}, "share a name"),
        ({"characters": "Anna and Ben"}, "Input should be a valid dictionary"),
    ],
)
def test_what_says_nothing_certain_is_not_taken(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        _read(CutAnswer, CUT, **changed)


@pytest.mark.parametrize(
    ("field", "given", "taken"),
    [
        ("scene", ["He waits", "she reads.", "A dog"], "He waits, she reads. A dog"),
        ("scene", {"who": "Anna", "where": ["the café"]}, "Anna, the café"),
        ("patterns", "Cut-In: Closer, on a person", ("cut-in",)),
        ("patterns", "Cutaway and multi angle", ("cutaway", "multi-angle")),
        ("patterns", ["cut_in", "Jump Cut", "CUT IN"], ("cut-in",)),
        ("patterns", ["Shot/Reverse Shot, Cut-Out"], ("shot-reverse-shot", "cut-out")),
    ],
)
def test_texts_and_lists_are_taken_for_each_other(field: str, given: Any, taken: Any) -> None:
    assert getattr(_read(CutAnswer, CUT, **{field: given}), field) == taken


@pytest.mark.parametrize(
    "given",
    [
        {"name": "Anna", "look": ["hat", "red coat"]},
        {"Name": "<Anna>", "Look": "(hat, red coat)"},
        ["<Anna> (hat, red coat)"],
        "<Anna> (hat, red coat)",
    ],
)
def test_a_person_is_taken_in_several_forms(given: Any) -> None:
    (anna,) = _read(CutAnswer, CUT, characters=given).characters
    assert (anna.name, anna.look) == ("Anna", "hat, red coat")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"shot_size": "Medium Close-Up (MCU)"}, {"Shot Size": "medium close up"}),
        ({"lighting_condition": ["dappled", "Soft", "side"]}, {"Lighting Condition": "soft"}),
        ({"lightingType": "hmi", "iso": 400}, {"Lighting Type": "HMI"}),
        ({"camera_angle": "eye level", "framing": 2, "lens": {}}, {}),
        ({"color": ["teal", "orange"], "focus": "N/A"}, {"Color": "teal, orange"}),
        ({"color": "x" * 200, "focus": 3}, {}),
        ([], {}),
        (None, {}),
    ],
)
def test_attributes_outside_the_vocabulary_are_none(given: Any, told: dict[str, str]) -> None:
    assert _read(ShotAnswer, SHOT, attributes=given).attributes.named() == told


_rubbish = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
)


@given(st.sampled_from(sorted(CUT)), _rubbish)
def test_text_that_gets_through_is_one_tidy_line(field: str, value: Any) -> None:
    answer = read_answers([json.dumps({**CUT, field: value})], CutAnswer)
    if isinstance(answer, Missing):
        assert list(answer.faults) == [field]
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
    _read(schema, answer)  # left out all the same, what may be None is None
    some = asked_schema(schema, list(answer)[1:2])
    assert list(some["properties"]) == some["required"] == list(answer)[1:2]


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
