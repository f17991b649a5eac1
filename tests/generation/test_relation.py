"""The relational prompt that is implied says who, how, and what stays."""

import pytest

from cut2next.film import EditingPattern, IndividualPrompt
from cut2next.generation.relation import implied_relation

CUT_IN, CUTAWAY = EditingPattern.CUT_IN, EditingPattern.CUTAWAY


@pytest.mark.parametrize(
    ("current", "following", "scene", "subject"),
    [
        ("A street", "Insert of a red lamp.", "", "a red lamp"),
        ("A street", "The mug", "", "the mug"),
        ("A street", "NATO flag over the door", "", "NATO flag over the door"),
        ("A street", "Tight close up of a red mug", "", "a red mug"),
        ("A street", "Wide shot of the yard", "", "the yard"),
        ("<Ben>", "Close up of <Anna>", "With <Ben> and <Anna>", "<Anna>"),
        (
            "<Ben> (hat) and <Anna>",
            "<Anna> (red coat) smiles",
            "With <Ben> (hat) and <Anna> (red coat)",
            "<Anna>",
        ),
        ("<Anna> (red bob)", "Wide shot of <Anna>", "With <Anna> (red bob)", "<Anna>"),
        (
            "<Anna> and <Ben>",
            "Over the shoulder of <Anna>, close up of <Ben>",
            "With <Anna> and <Ben>",
            "<Ben>",
        ),
        (
            "<Anna> (red coat)",
            "<Anna>, then <Ben> (hat), then <Anna> (tired)",
            "With <Anna> (tired) and <Ben> (hat)",
            "<Anna> and <Ben>",
        ),
    ],
)
def test_people_are_those_of_the_prompts(
    current: str, following: str, scene: str, subject: str
) -> None:
    relation = implied_relation(
        [CUT_IN], IndividualPrompt(summary=current), IndividualPrompt(summary=following)
    )
    assert relation.scene == scene
    assert relation.transition.endswith(f"a cut-in: the camera goes closer to {subject}")


def test_every_pattern_is_said() -> None:
    shot = IndividualPrompt(summary="a lamp")
    text = implied_relation([CUTAWAY, CUT_IN], shot, shot).text
    assert "a cut-in" in text
    assert "a cutaway" in text
    assert text.endswith("Faces and clothes stay the same.")
