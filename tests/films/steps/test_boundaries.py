"""What frames are: cuts, blends, flashes; and that it depends on their neighbourhood alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.films.steps.blends import THUMB, Flags, Frames
from cut2next.films.steps.boundaries import REACH, Boundaries, label

SIZE = THUMB[0] * THUMB[1]
USUAL = Boundaries()


def shot(number: int, length: int, drift: float = 0.5) -> Frames:
    """Thumbnails of a shot: a smooth picture in which a little moves."""
    chance = np.random.default_rng(number)
    picture = chance.uniform(20, 230, SIZE)
    steps = chance.normal(0, drift, (length, SIZE)).cumsum(axis=0)
    found: Frames = np.clip(picture + steps, 0, 255).astype(np.float32)
    return found


def spotted(frames: Frames, threshold: float = 20.0) -> Flags:
    """As a detector of content would: where the picture changes much."""
    change = np.abs(np.diff(frames, axis=0)).mean(axis=1)
    return np.concatenate(([False], change > threshold))


def blended(length: int, width: int) -> Frames:
    """Two shots with a dissolve of some frames between them."""
    share = np.linspace(0, 1, width + 2)[1:-1, None]
    one, other = shot(1, length + width), shot(2, length + width)
    mixed = one[length:] * (1 - share) + other[:width] * share
    return np.concatenate((one[:length], mixed, other[width:])).astype(np.float32)


def test_a_cut_is_found_at_its_frame() -> None:
    frames = np.concatenate((shot(1, 60), shot(2, 50), shot(3, 40)))
    labels = label(frames, USUAL, spotted(frames))
    assert list(np.flatnonzero(labels.cut)) == [60, 110]
    assert not labels.blend.any()


@pytest.mark.parametrize("width", [8, 12, 24, 32])
def test_a_dissolve_is_of_no_shot(width: int) -> None:
    frames = blended(60, width)
    labels = label(frames, USUAL, spotted(frames))
    assert not labels.cut.any()
    middle = 60 + width // 2
    assert labels.blend[middle]
    assert not labels.blend[: 60 - 16].any()
    assert not labels.blend[60 + width + 16 :].any()


@pytest.mark.parametrize("hold", [0, 1, 8])
def test_a_fade_is_of_no_shot(hold: int) -> None:
    down = np.linspace(1, 0, 14)[1:-1, None]
    black = np.zeros((hold, SIZE))
    frames = np.concatenate(
        (shot(1, 60), shot(1, 72)[60:] * down, black, shot(2, 12) * down[::-1], shot(2, 60))
    ).astype(np.float32)
    labels = label(frames, USUAL, spotted(frames))
    assert not labels.cut.any()
    assert labels.blend[66]
    assert labels.blend[72 + hold + 6]


def test_black_borders_make_no_flash_of_a_cut() -> None:
    frames = np.concatenate((shot(1, 60), shot(2, 50), shot(3, 40)))
    picture = frames.reshape(-1, THUMB[1], THUMB[0])  # [T, H, W]
    picture[:, :, :8] = picture[:, :, -8:] = 16
    labels = label(frames, USUAL, spotted(frames, 10.0))
    assert list(np.flatnonzero(labels.cut)) == [60, 110]
    assert not labels.flash.any()


@pytest.mark.parametrize("length", [1, 2, 4, 6])
def test_a_flash_is_no_cut(length: int) -> None:
    frames = shot(1, 100)
    frames[50 : 50 + length] = frames[50 : 50 + length] * 0.2 + 200
    labels = label(frames, USUAL, spotted(frames))
    assert not labels.cut.any()
    assert labels.flash.any()


def test_steady_motion_is_no_cut_and_no_blend() -> None:
    chance = np.random.default_rng(0)
    frames = chance.uniform(0, 255, (100, SIZE)).astype(np.float32)  # every frame another picture
    labels = label(frames, USUAL, spotted(frames))
    assert not labels.cut.any()
    assert not labels.blend.any()
    assert labels.fast[1:].all()


def test_of_cuts_too_close_the_strongest_is_meant() -> None:
    frames = np.concatenate((shot(1, 60), shot(1, 63)[60:] + 30, shot(2, 60))).astype(np.float32)
    labels = label(frames, USUAL, spotted(frames))
    assert list(np.flatnonzero(labels.cut)) == [63]


@given(
    seed=st.integers(0, 50),
    lengths=st.lists(st.integers(3, 70), min_size=4, max_size=9),
    begin=st.integers(0, 120),
    size=st.integers(2 * REACH + 1, 3 * REACH),
)
def test_what_a_frame_is_depends_on_its_neighbourhood(
    seed: int, lengths: list[int], begin: int, size: int
) -> None:
    parts = [shot(seed + number, length, 3.0) for number, length in enumerate(lengths)]
    parts.insert(2, blended(20, 16))
    frames = np.concatenate(parts)
    whole = label(frames, USUAL, spotted(frames))
    window = slice(begin, begin + size)
    if len(frames[window]) <= 2 * REACH:
        return
    part = label(frames[window], USUAL, spotted(frames)[window])
    for of_whole, of_part in zip(whole, part, strict=True):
        inner = slice(begin + REACH, min(begin + size, len(frames)) - REACH)
        assert np.array_equal(of_whole[inner], of_part[REACH : len(of_part) - REACH])
