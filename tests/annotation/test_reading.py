"""What can be read of a model's words, and what is said to be missing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.annotation.scripted import CUT_ANSWER, SHOT_ANSWER

from cut2next.annotation.reading import Missing, read_answers
from cut2next.annotation.schema import LONGEST_LABEL, LONGEST_TEXT, CutAnswer, ShotAnswer

CUT, SHOT = json.loads(CUT_ANSWER), json.loads(SHOT_ANSWER)
LATER = ("scene", "scene_consistency", "character_consistency", "transition", "patterns")


def _says_something(text: str) -> bool:
    return any(letter.isalnum() and letter.isprintable() for letter in text)


def _missing(*raws: str) -> Missing:
    reading = read_answers(raws, CutAnswer)
    assert isinstance(reading, Missing)
    return reading


_texts = st.text(min_size=1, max_size=30).filter(_says_something)
_labels = _texts.filter(lambda text: not set("<>()") & set(text))
_answers = st.fixed_dictionaries(
    {
        "characters": st.lists(
            st.fixed_dictionaries({"name": _labels, "look": _labels}), max_size=1
        ),
        **dict.fromkeys(LATER[:-1], _texts),
        "patterns": st.lists(st.sampled_from(["cut-in", "cutaway"]), min_size=1, unique=True),
    }
)
_around = st.tuples(st.text(max_size=20), st.text(max_size=20))


@given(_answers, _around, st.sampled_from(["", "```json\n", "<think>{}</think>"]))
def test_an_answer_is_read_alike_whatever_is_around_it(
    answer: dict[str, Any], around: tuple[str, str], opening: str
) -> None:
    exact = CutAnswer.model_validate_json(json.dumps(answer))
    assert read_answers([json.dumps(answer)], CutAnswer) == exact
    raw = f"{around[0]}{opening}{json.dumps(answer, ensure_ascii=False, indent=1)}\n```{around[1]}"
    if "{" not in around[0]:  # which may open anything
        assert read_answers([raw], CutAnswer) == exact


@given(st.text(alphabet='{}[]":,\\ \nab', max_size=60) | st.text(max_size=60))
def test_any_text_is_an_answer_or_lacks_something(raw: str) -> None:
    assert isinstance(read_answers([raw], ShotAnswer), Missing)


@given(st.integers(0, len(CUT_ANSWER) - 1))
def test_of_an_answer_that_breaks_off_whole_fields_alone_are_taken(length: int) -> None:
    missing = _missing(CUT_ANSWER[:length]) if length < len(CUT_ANSWER) - 1 else None
    for name, value in (missing.known if missing else {}).items():
        assert value == CUT[name]


@pytest.mark.parametrize("raw", ['{"scene":' * 50_000, '{"scene": ' + "[" * 50_000])
def test_depth_is_no_error(raw: str) -> None:
    assert str(_missing(raw)).startswith("no JSON object with these fields can be read")


def test_what_looks_like_a_trailing_comma_in_a_text_stays() -> None:
    answer = {**CUT, "scene": "Signs, ] and <Anna>"}
    raw = f'{{5" wide}} {json.dumps(answer)}'
    assert read_answers([raw], CutAnswer) == CutAnswer.model_validate(answer)


def test_a_text_with_a_bare_quote_in_it_is_not_taken_for_half_a_text() -> None:
    raw = CUT_ANSWER.replace("<Anna> reads", '<Anna> reads "Emma" aloud')
    assert list(_missing(raw).known) == ["characters"]


def test_faults_are_told_in_words_by_field() -> None:
    changed = {"scene": "x" * (LONGEST_TEXT + 1), "characters": [{"name": "y" * 200, "look": "("}]}
    missing = _missing(json.dumps({**CUT, **changed, "transition": None}))
    assert list(missing.faults) == ["characters", "scene", "transition"]
    assert missing.faults["characters"] == (
        f"characters.0.name: is 200 characters long, at most {LONGEST_LABEL} are read; "
        "characters.0.look: says nothing"
    )
    assert missing.faults["scene"].startswith("scene: is 2001 characters long")
    assert str(missing) == "; ".join(missing.faults.values())
    assert len(str(_missing("{" * 9000))) < 600


def test_answers_complete_each_other_and_the_later_counts() -> None:
    first = json.dumps({**CUT, "patterns": ["jump cut"], "transition": None})
    second = json.dumps({"patterns": ["cutaway"], "scene": "<Anna> sleeps"})
    missing = _missing(first, second)
    assert list(missing.faults) == ["transition"]
    assert missing.faults["transition"] == "transition: Field required"
    third = json.dumps({"transition": "A cutaway"})
    whole = CutAnswer.model_validate(
        {**CUT, "patterns": ["cutaway"], "scene": "<Anna> sleeps", "transition": "A cutaway"}
    )
    assert read_answers([first, second, third], CutAnswer) == whole
    assert read_answers([CUT_ANSWER, "never mind"], CutAnswer) == CutAnswer.model_validate(CUT)


def test_the_object_with_most_of_the_answer_counts_and_the_last_of_equals() -> None:
    asked_back = json.dumps({"scene": "?", "patterns": ["cutaway"]})
    for raw in (f"{asked_back} {CUT_ANSWER}", f"{CUT_ANSWER} {asked_back}"):
        assert read_answers([raw], CutAnswer) == CutAnswer.model_validate(CUT)
    later = json.dumps({**SHOT, "summary": "Wide shot of <Anna>"})
    reading = read_answers([f"{SHOT_ANSWER}\n{later}"], ShotAnswer)
    assert isinstance(reading, ShotAnswer)
    assert reading.summary == "Wide shot of <Anna>"
