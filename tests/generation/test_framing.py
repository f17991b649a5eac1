"""The arithmetic of sizes, for every size."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from cut2next.backbones import PIXELS_PER_TOKEN as STEP
from cut2next.film import InputError
from cut2next.generation.framing import WIDEST, Size, asked_size, framed, framed_size

sides = st.integers(STEP, 5000)
areas = st.integers(192 * 80, 1_100_000)


@given(sides, sides, st.none() | areas)
def test_a_framed_size_is_on_the_grid_and_of_the_shape(
    width: int, height: int, most: int | None
) -> None:
    assume(max(width, height) <= WIDEST * min(width, height))
    size = framed_size(width, height, most)
    assert size.width % STEP == size.height % STEP == 0
    assert min(size) >= STEP
    assert size.in_tokens() == (size.height // STEP, size.width // STEP)
    if most is None or width * height <= most:
        assert 0 <= width - size.width < STEP
        assert 0 <= height - size.height < STEP
        return
    scale = (most / (width * height)) ** 0.5
    for side, true in ((size.width, width * scale), (size.height, height * scale)):
        assert abs(side - true) <= STEP / 2


@given(sides, sides, areas)
def test_framing_is_done_once(width: int, height: int, most: int) -> None:
    assume(max(width, height) <= 4 * min(width, height))
    size = framed_size(width, height, most)
    again = framed_size(*size, most)
    assert abs(again.width - size.width) <= STEP
    assert abs(again.height - size.height) <= STEP
    assert framed_size(*size) == size


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_what_cannot_be_framed_is_refused(width: int, height: int) -> None:
    assume(min(width, height) < STEP or max(width, height) > WIDEST * min(width, height))
    with pytest.raises(InputError, match=f"a picture of {width}x{height}; expected at least 16"):
        framed_size(width, height)


@given(st.integers(-50, 5000), st.integers(-50, 5000))
def test_a_size_is_taken_or_a_nearby_one_proposed(width: int, height: int) -> None:
    if min(width, height) >= STEP and width % STEP == height % STEP == 0:
        assert asked_size(width, height, Size(16, 16)) == (width, height)
        return
    with pytest.raises(InputError) as error:
        asked_size(width, height, Size(16, 16))
    sides = error.value.hint.removeprefix("for example ").split("x")
    assert asked_size(int(sides[0]), int(sides[1]), Size(16, 16))


def test_a_side_that_is_not_asked_for_is_the_current_shots() -> None:
    assert asked_size(None, 64, Size(192, 80)) == (192, 64)
    assert asked_size(96, None, Size(192, 80)) == (96, 80)


def test_a_picture_that_keeps_its_scale_keeps_its_pixels() -> None:
    image = Image.linear_gradient("L").convert("RGB").resize((71, 45))
    assert framed(image) == image.crop((3, 6, 67, 38))
    assert framed(image.crop((0, 0, 64, 32))) == image.crop((0, 0, 64, 32))


def test_a_picture_is_never_stretched() -> None:
    # A disc stays one: its height and width on the framed picture are the same.
    image = Image.new("L", (1920, 1080))
    disc = Image.radial_gradient("L").point(lambda value: 255 * (value < 120)).resize((800, 800))
    image.paste(disc, (560, 140))
    small = framed(image.convert("RGB"), 192 * 80)
    assert small.size == framed_size(1920, 1080, 192 * 80) == (160, 96)
    box = small.convert("L").point(lambda value: 255 * (value > 127)).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert abs((right - left) - (bottom - top)) <= 1
    assert abs((left + right) / 2 - 80) <= 1
    assert abs((top + bottom) / 2 - 48) <= 1
