"""A scene is what links between like pictures hold together; links reach so far and no further."""

from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.films.steps.shots import keyframed

from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.steps.scenes import Scenes, with_scenes


def film(looks: str, seconds: float = 2.0) -> list[KeyframedShot]:
    """Shots that last so many seconds; those of one letter look alike."""
    return [
        keyframed(at, look=ord(letter) - ord("a"), start=at * seconds, end=(at + 1) * seconds)
        for at, letter in enumerate(looks)
    ]


def scenes(shots: list[KeyframedShot], settings: Scenes) -> list[int | None]:
    return [shot.record.scene for shot in with_scenes(shots, settings=settings)]


@pytest.mark.parametrize(
    ("looks", "numbers"),
    [
        ("", []),
        ("a", [0]),
        ("abab", [0, 0, 0, 0]),
        ("ababcdcd", [0, 0, 0, 0, 1, 1, 1, 1]),
        ("abcacb", [0, 0, 0, 0, 0, 0]),
        ("abcd", [0, 1, 2, 3]),
        ("abcbad", [0, 0, 0, 0, 0, 1]),
    ],
)
def test_what_lies_between_like_shots_is_of_their_scene(looks: str, numbers: list[int]) -> None:
    assert scenes(film(looks), Scenes()) == numbers


def test_a_link_reaches_eight_shots_ahead() -> None:
    settings = Scenes(seconds=1000.0)
    assert scenes(film("abcdefgha"), settings) == [0] * 9
    assert scenes(film("abcdefghia"), settings) == list(range(10))


@pytest.mark.parametrize(("apart", "numbers"), [(90.0, [0, 0, 0]), (90.001, [0, 1, 2])])
def test_a_link_reaches_90_seconds_from_end_to_begin(apart: float, numbers: list[int]) -> None:
    first = keyframed(0, look=0, start=0.0, end=100.0)  # how long a shot lasts does not count
    between = keyframed(1, look=1, start=100.0, end=100.0 + apart)
    again = keyframed(2, look=0, start=100.0 + apart, end=400.0)
    assert scenes([first, between, again], Scenes()) == numbers


def test_how_alike_shots_must_be_is_a_setting() -> None:
    first, second = film("aa")
    half = np.zeros(64, np.float32)
    half[:2] = 0.5**0.5
    shots = [first, KeyframedShot(record=second.record, look=half, fingerprint=0)]
    assert scenes(shots, Scenes(alike=0.70)) == [0, 0]
    assert scenes(shots, Scenes(alike=0.71)) == [0, 1]


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 9))
def test_shots_on_their_way_have_the_scenes_of_all_shots_together(
    looks: list[int], reach: int
) -> None:
    """An oracle that looks at all shots at once, as the definition does."""
    ends = [
        max(
            other
            for other in range(at, min(at + reach, len(looks) - 1) + 1)
            if looks[other] == look
        )
        for at, look in enumerate(looks)
    ]
    reached = list(accumulate(ends, max))
    begins = [at > 0 and reached[at - 1] < at for at in range(len(looks))]
    shots = [keyframed(at, look=look) for at, look in enumerate(looks)]
    assert scenes(shots, Scenes(shots=reach)) == list(accumulate(map(int, begins)))


def test_no_more_shots_are_held_than_a_link_reaches() -> None:
    taken = 0

    def source() -> Iterator[KeyframedShot]:
        nonlocal taken
        for shot in film("abcdefghij" * 3):
            taken += 1
            yield shot

    for given_out, _ in enumerate(with_scenes(source(), settings=Scenes(shots=3)), start=1):
        assert taken <= given_out + 4
