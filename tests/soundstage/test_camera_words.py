"""What is said of a camera is where it stands."""

from random import Random

import numpy as np
import pytest
from tests.soundstage.sets import film_set

from cut2next.soundstage.camera_words import (
    camera_attributes,
    camera_phrase,
    lens_of,
    view_of,
)


@pytest.mark.parametrize("seed", range(6))
def test_size_and_angle_are_those_of_the_view(seed: int) -> None:
    for setup in film_set(seed).setups:
        words = camera_attributes(setup)
        if setup.framing == "insert":
            assert "Shot Size" not in words
            continue
        pitch = np.degrees(np.arcsin(setup.view.axes[2, 2]))
        angle = "low" if pitch > 10 else "high" if pitch < -10 else "eye level"
        assert words["Angle"] == angle, setup.name
        sizes = {0.7: "close up", 1.0: "medium close up", 2.0: "medium", 9.0: "wide"}
        assert words["Shot Size"] == next(s for most, s in sizes.items() if setup.framed < most)


@pytest.mark.parametrize("seed", range(6))
def test_a_view_is_named_by_what_the_camera_sees_of_a_face(seed: int) -> None:
    """A face turned away by more and more is seen from its front, its three quarters, its side."""
    shot_on = film_set(seed)
    seen = {
        setup.name[:-2]: view_of(setup, shot_on.cast["ab".index(setup.subjects[0])])
        for setup in shot_on.setups
        if setup.name.endswith((" a", " b"))
    }
    assert seen == {
        "medium close up": "frontal",
        "close up": "frontal",
        "over shoulder": "frontal",
        "profile": "profile",
        "below": "three-quarter",
        "overhead": "three-quarter",
    }


def test_a_lens_is_named_by_its_angle_of_view() -> None:
    shot_on = film_set(0)
    for setup in shot_on.setups:
        across = 2 * np.degrees(np.arctan(setup.view.tangent * shot_on.aspect))
        lens = "long" if across < 40 else "wide" if across > 65 else "medium"
        assert lens_of(setup, shot_on.aspect) == lens, setup.name


@pytest.mark.parametrize("seed", range(4))
def test_a_phrase_tells_the_setups_of_one_subject_apart(seed: int) -> None:
    for number in range(10):
        phrases: dict[tuple[object, ...], set[str]] = {}
        for setup in film_set(seed).setups:
            phrase = camera_phrase(setup, "<Ben>", Random(number))
            assert phrase not in phrases.setdefault(setup.subjects, set()), setup.name
            phrases[setup.subjects].add(phrase)
