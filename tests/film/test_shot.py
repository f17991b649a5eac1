"""A shot is its name, its still and its prompt."""

from dataclasses import FrozenInstanceError

import pytest
from PIL import Image

from cut2next.film import IndividualPrompt, Shot


def shot() -> Shot:
    prompt = IndividualPrompt(summary="<Anna> at the window")
    return Shot(name="12", keyframe=Image.new("RGB", (32, 16)), prompt=prompt)


def test_a_shot_is_only_equal_to_itself() -> None:
    """Two may show the same; a still is not compared pixel by pixel in passing."""
    first, second = shot(), shot()
    assert first != second
    assert [first, second].index(second) == 1
    assert len({first, second, first}) == 2


def test_a_shot_stays_what_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        shot().name = "13"  # type: ignore[misc]
