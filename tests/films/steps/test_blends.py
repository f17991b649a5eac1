"""Dissolves, fades and irises are of no shot; whatever moves is."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cut2next.films.steps.blends import Blends, Flags, alike, blended
from cut2next.films.steps.boundaries import thumb

USUAL = Blends()
WIDTH, HEIGHT = 128, 72
Pictures = NDArray[np.float32]
"""Luma of T frames: [T, 72, 128]."""
AROUND = 60
"""Frames of plain shots on either side of a transition."""


def wide(seed: int) -> NDArray[np.float32]:
    """A picture to move a camera over, [288, 512]; detail falls with its size as in photographs."""
    chance = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(288)[:, None], np.fft.fftfreq(512)[None]
    size = np.maximum(np.hypot(rows, columns), 1 / 512)
    waves = np.fft.fft2(chance.normal(size=(288, 512))) / size**1.2
    picture = np.fft.ifft2(waves).real
    levels: NDArray[np.float64] = np.clip(120 + 45 * picture / picture.std(), 16, 235)
    return levels.astype(np.float32)


def camera(
    seed: int, length: int, *, pan: float = 0, tilt: float = 0, zoom: float = 0, grain: float = 2
) -> Pictures:
    """A camera move over such a picture; how far a frame, in shares of the picture's width."""
    chance = np.random.default_rng(seed + 1000)
    ground, scale, frames = wide(seed), 1.6, []
    for number in range(length):
        wider = scale * (1 + zoom) ** (number - length / 2)
        along = np.array([[number - length / 2]]) * [[pan, tilt]] * WIDTH * scale
        left, top = (np.array([[256, 144]]) + along)[0] - np.array([WIDTH, HEIGHT]) * wider / 2
        move = np.array([[wider, 0, left], [0, wider, top]])
        view = cv2.warpAffine(
            ground,
            move,
            (WIDTH, HEIGHT),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
        frames.append(view + chance.normal(0, grain, view.shape))
    return np.stack(frames).astype(np.float32)


def mixed(one: Pictures, other: Pictures) -> Pictures:
    """The one turns into the other."""
    share = np.linspace(0, 1, len(one) + 2, dtype=np.float32)[1:-1, None, None]
    return one * (1 - share) + other * share


def empty(length: int, level: int = 16) -> Pictures:
    return np.full((length, HEIGHT, WIDTH), level, np.float32)


def closing(pictures: Pictures) -> Pictures:
    """A circle of them that shrinks to nothing."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(rows - HEIGHT / 2, columns - WIDTH / 2)
    radii = np.linspace(away.max(), 0, len(pictures) + 2)[1:-1, None, None]
    return np.where(away < radii, pictures, 16).astype(np.float32)


def blends(pictures: Pictures) -> Flags:
    frames = np.stack([thumb(np.clip(one, 0, 255).astype(np.uint8)) for one in pictures])
    return blended(frames, np.zeros(len(frames), bool), USUAL)


def moves() -> Iterator[dict[str, float]]:
    for speed in (0.001, 0.003, 0.006, 0.01):
        yield from ({way: speed} for way in ("pan", "tilt", "zoom"))
        yield {"pan": speed, "tilt": -speed / 2}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("move", list(moves()), ids=str)
def test_what_a_camera_sees_moving_is_one_shot(seed: int, move: dict[str, float]) -> None:
    assert not blends(camera(seed, 150, **move)).any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("frames", [16, 40, 90])
def test_whoever_walks_through_is_in_one_shot(seed: int, frames: int) -> None:
    pictures, figure = camera(seed, 150), wide(seed + 50)[:60, :40]
    for number in range(frames):
        left = round(number / frames * (WIDTH - 40))
        pictures[20 + number, 12:, left : left + 40] = figure
    assert not blends(pictures).any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("length", [8, 12, 24, 40, 60, 96])
def test_a_dissolve_between_moving_shots_is_of_neither(seed: int, length: int) -> None:
    one = camera(seed, AROUND + length, pan=0.002)
    other = camera(seed + 10, AROUND + length, zoom=0.002)
    middle = mixed(one[AROUND:], other[:length])
    found = blends(np.concatenate((one[:AROUND], middle, other[length:])))
    inside = found[AROUND : AROUND + length]
    assert inside[length // 4 : -length // 4].all()
    assert not found[: AROUND - max(length // 2, 4)].any()
    assert not found[AROUND + length + max(length // 2, 4) :].any()


@pytest.mark.parametrize("level", [16, 235])
@pytest.mark.parametrize("hold", [0, 1, 12])
@pytest.mark.parametrize("length", [8, 24, 48])
def test_a_fade_is_of_no_shot(level: int, hold: int, length: int) -> None:
    one, other = camera(1, AROUND + length, pan=0.002), camera(2, AROUND + length)
    out = mixed(one[AROUND:], empty(length, level))
    back = mixed(empty(length, level), other[:length])
    parts = (one[:AROUND], out, empty(hold, level), back, other[length:])
    found = blends(np.concatenate(parts))
    after = AROUND + 2 * length + hold
    assert found[AROUND + 2 : after - 2].all()
    assert not found[: AROUND - 6].any()
    assert not found[after + 6 :].any()


@pytest.mark.parametrize("hold", [1, 12])
@pytest.mark.parametrize("length", [12, 24, 40])
def test_what_an_iris_closes_on_is_of_no_shot(length: int, hold: int) -> None:
    one, other = camera(1, AROUND + length, pan=0.002), camera(2, AROUND)
    pictures = np.concatenate((one[:AROUND], closing(one[AROUND:]), empty(hold), other))
    found = blends(pictures)
    assert found[AROUND + length // 2 : AROUND + length + hold].all()
    assert not found[: AROUND - 6].any()
    opening = blends(pictures[::-1])[::-1]
    assert opening[AROUND + length // 2 : AROUND + length + hold].all()
    assert not opening[: AROUND - 6].any()


@pytest.mark.parametrize("level", [16, 235])
def test_a_shot_goes_on_after_a_few_empty_frames(level: int) -> None:
    pictures = camera(1, 100)
    pictures[50:54] = level
    assert not blends(pictures).any()


def test_light_that_changes_is_no_blend() -> None:
    brighter = np.linspace(0.4, 1, 48, dtype=np.float32)[:, None, None]
    pictures = camera(1, 120, pan=0.001)
    light = np.concatenate((0 * brighter[:36] + 0.4, brighter, 0 * brighter[:36] + 1))
    assert not blends(16 + (pictures - 16) * light).any()


def test_no_dissolve_reaches_across_a_cut() -> None:
    pictures = np.concatenate((camera(1, 60), camera(2, 60), camera(3, 60)))
    pictures[60:84] = mixed(camera(1, 24), pictures[60:84])  # begins where a cut is certain
    frames = np.stack([thumb(one.astype(np.uint8)) for one in pictures])
    cut = np.zeros(len(frames), bool)
    cut[[72, 120]] = True
    found = blended(frames, cut, USUAL)
    assert not found[72]
    assert not found[84:].any()


def test_black_borders_make_no_pictures_alike() -> None:
    one, other = (thumb(camera(seed, 1)[0].astype(np.uint8))[None] for seed in (1, 2))
    black = np.zeros((18, 32), bool)
    black[:, :8] = black[:, -8:] = True
    sides = [np.where(black.reshape(-1), 16, side).astype(np.float32) for side in (one, other)]
    assert abs(float(alike(*sides)[0])) < 0.6
    assert float(np.corrcoef(*(side[0] for side in sides))[0, 1]) > 0.75
    assert float(alike(sides[0], sides[0])[0]) > 0.999


def test_transitions_that_are_told_are_blends_where_they_last() -> None:
    frames = np.stack([thumb(one.astype(np.uint8)) for one in camera(1, 100)])
    told = np.zeros(100, bool)
    told[20:22] = told[50:74] = True  # a cut, and a dissolve
    found = blended(frames, np.zeros(100, bool), USUAL, told)
    assert list(np.flatnonzero(found)) == list(range(50, 74))
