"""What is asked for becomes the three prompts of a cut and a seed for each next shot."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.generation.toy import picture

from cut2next.film import EditingPattern, IndividualPrompt, InputError
from cut2next.film.keyframe import read_keyframe, write_png
from cut2next.film.png_prompt import png_text
from cut2next.generation.ranges import SEED
from cut2next.generation.relation import implied_relation
from cut2next.generation.request import NextShotRequest

CUT_IN = EditingPattern.CUT_IN
CARRIED = IndividualPrompt(summary="<Rex> (brown fur) on grass", attributes={"Angle": "low"})


def asked(**changes: Any) -> NextShotRequest:
    usual = {"picture": picture(), "source": "a.png", "next": "<Rex>", "patterns": [CUT_IN]}
    return NextShotRequest(**{**usual, **changes})


@pytest.fixture
def ours(tmp_path: Path) -> Image.Image:
    """A picture that says what it shows."""
    write_png(picture(), tmp_path / "ours.png", png_text(CARRIED))
    return read_keyframe(tmp_path / "ours.png")


def test_what_the_picture_says_of_itself_is_used(ours: Image.Image) -> None:
    request = asked(picture=ours)
    assert request.carried == request.prompt.current == CARRIED
    assert request.prompt.relational.scene == "With <Rex> (brown fur)"


def test_what_is_said_comes_before_what_the_picture_says(ours: Image.Image) -> None:
    request = asked(picture=ours, current="a dog")
    assert request.carried is None
    assert request.prompt.current == IndividualPrompt(summary="a dog")


def test_a_picture_without_a_prompt_is_the_shot() -> None:
    assert asked().prompt.current == IndividualPrompt(summary="The shot")


def test_patterns_alone_imply_the_relation() -> None:
    prompt = asked().prompt
    assert prompt.relational == implied_relation([CUT_IN], prompt.current, prompt.next)


def test_a_relation_alone_is_the_transition() -> None:
    relational = asked(patterns=[], relation="back to the wide").prompt.relational
    assert (relational.transition, relational.text) == ("back to the wide", "back to the wide.")


def test_a_relation_beside_patterns_is_the_scene() -> None:
    relational = asked(relation="same grass").prompt.relational
    assert relational.scene == "same grass"
    assert "a cut-in" in relational.transition
    assert relational.character_consistency == ""


def test_camera_words_are_attributes_of_the_next_shot() -> None:
    camera = {"Shot Size": "close up", "Angle": "high"}
    assert asked(camera=camera).prompt.next.text == "<Rex>. Shot Size: close up; Angle: high."


def test_each_next_shot_has_the_seed_after() -> None:
    assert asked(seed=7, count=3).seeds == [7, 8, 9]
    assert asked(seed=SEED.most, count=2).seeds == [SEED.most, 0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patterns": []}, "nothing says how the cut goes; expected --pattern"),
        ({"patterns": "cut-in"}, "patterns='cut-in'; expected a list, of each an EditingPattern"),
        ({"patterns": ["cut-in"]}, r"patterns=\['cut-in'\]"),
        ({"picture": "a.png"}, "picture='a.png'; expected an Image"),
        ({"next": 5}, "next=5; expected text"),
        ({"next": " "}, "an empty prompt"),
        ({"relation": ["near"]}, r"relation=\['near'\]; expected text"),
        ({"camera": "low"}, "camera='low'; expected a mapping from text to text"),
        ({"seed": -1}, "seed=-1; expected a whole number, 0 to 9223372036854775807"),
        ({"seed": True}, "seed=True"),
        ({"count": 1001}, "count=1001; expected a whole number, 1 to 1000"),
        ({"steps": 0}, "steps=0; expected a whole number, 1 to 1000"),
        ({"guidance": float("nan")}, "guidance=nan; expected a number from 0 to 30"),
        ({"current_strength": 5}, "current_strength=5; expected a number from 0 to 4"),
        ({"size": (50, 9000)}, "a size of 50x9000"),
        ({"size": 48}, "size=48; expected"),
        ({"picture": Image.new("RGB", (999, 16))}, "a picture of 999x16"),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        asked(**changes)
