from dataclasses import FrozenInstanceError

import pytest
from PIL import Image

from cut2next.film import Cut, EditingPattern, IndividualPrompt, RelationalPrompt, Shot


def _shot(name: str) -> Shot:
    prompt = IndividualPrompt(summary=f"shot {name}")
    return Shot(name=name, keyframe=Image.new("RGB", (16, 8)), prompt=prompt)


def test_a_cut_has_the_prompts_of_its_shots_and_its_own() -> None:
    relational = RelationalPrompt(transition="closer")
    cut = Cut(
        film="sita",
        current=_shot("3"),
        next=_shot("4"),
        patterns=frozenset({EditingPattern.CUT_IN}),
        relational=relational,
    )
    assert cut.name == "sita:3-4"
    assert cut.prompt.relational is relational
    assert cut.prompt.current is cut.current.prompt
    assert cut.prompt.next is cut.next.prompt


def test_a_shot_is_only_equal_to_itself() -> None:
    """Two may show the same; a still is not compared pixel by pixel in passing."""
    first, second = _shot("12"), _shot("12")
    assert first != second
    assert [first, second].index(second) == 1
    assert len({first, second, first}) == 2


def test_a_shot_stays_what_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        _shot("12").name = "13"  # type: ignore[misc]
