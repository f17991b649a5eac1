"""How loosely a model's answer is read, value by value."""

import pytest

from cut2next.annotation.lenient import named

PATTERNS = ("Cut-In", "Cutaway", "Shot/Reverse Shot")


@pytest.mark.parametrize(
    "text",
    [
        "Cut-In, Cutaway",
        "cut in & cutaway",
        "Cut-In + Cutaway",
        "Cut-In / Cutaway",
        "Cut-In|Cutaway",
    ],
)
def test_names_are_told_apart_whatever_stands_between_them(text: str) -> None:
    assert named(text, PATTERNS) == ["Cut-In", "Cutaway"]


@pytest.mark.parametrize("text", ["Shot/Reverse Shot", "shot-reverse-shot", "Shot reverse shot"])
def test_a_name_may_hold_what_stands_between_others(text: str) -> None:
    assert named(text, PATTERNS) == ["Shot/Reverse Shot"]
