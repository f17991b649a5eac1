"""The arithmetic of sizes, for every size."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from cut2next.film import InputError
from cut2next.generation.framing import WIDEST, Framing, Size, asked_size, framing_of

sides = st.integers(16, 5000)
areas = st.integers(192 * 80, 1_100_000)
steps = st.sampled_from([16, 32])
ANY = Framing(step=16)
ONE = Framing(step=16, only=Size(192, 80))


@given(sides, sides, st.none() | areas, steps)
def test_a_framed_size_is_on_the_grid_and_of_the_shape(
    width: int, height: int, most: int | None, step: int
) -> None:
    assume(step <= min(width, height) and max(width, height) <= WIDEST * min(width, height))
    size = Framing(step=step, most_pixels=most).size(width, height)
    assert size.width % step == size.height % step == 0
    assert min(size) >= step
    assert size.in_tokens(step) == (size.height // step, size.width // step)
    if most is None or width * height <= most:
        assert 0 <= width - size.width < step
        assert 0 <= height - size.height < step
        return
    scale = (most / (width * height)) ** 0.5
    for side, true in ((size.width, width * scale), (size.height, height * scale)):
        assert abs(side - true) <= step / 2


@given(sides, sides, areas)
def test_framing_is_done_once(width: int, height: int, most: int) -> None:
    assume(max(width, height) <= 4 * min(width, height))
    framing = Framing(step=16, most_pixels=most)
    size = framing.size(width, height)
    again = framing.size(*size)
    assert abs(again.width - size.width) <= 16
    assert abs(again.height - size.height) <= 16
    assert ANY.size(*size) == size


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_what_cannot_be_framed_is_refused(width: int, height: int) -> None:
    assume(min(width, height) < 16 or max(width, height) > WIDEST * min(width, height))
    with pytest.raises(InputError, match=f"a picture of {width}x{height}; expected at least 16"):
        ANY.size(width, height)


@given(sides, sides)
def test_a_model_that_knows_one_size_takes_the_centre_of_any_picture(
    width: int, height: int
) -> None:
    assume(max(width, height) <= WIDEST * min(width, height))
    assert ONE.size(width, height) == (192, 80)
    left, top, right, bottom = ONE.box(width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert abs((width - right) - left) <= 1
    assert abs((height - bottom) - top) <= 1
    assert (right - left) / (bottom - top) == pytest.approx(192 / 80)
    if not (0 <= width - 192 < 16 and 0 <= height - 80 < 16):  # no more is cut off than must be
        assert left == pytest.approx(0) or top == pytest.approx(0)


def test_a_16_to_9_picture_is_cropped_to_the_size_that_the_model_knows() -> None:
    image = Image.effect_noise((1024, 576), 80).convert("RGB")
    assert ONE.box(*image.size) == pytest.approx((0, 74.67, 1024, 501.33), abs=0.01)
    expected = ImageOps.fit(image, (192, 80), Image.Resampling.LANCZOS)
    assert ONE.framed(image).tobytes() == expected.tobytes()
    assert ONE.framed(expected) == expected
    assert ONE.framed(image.resize((60, 40))).size == (192, 80)


@given(st.integers(-50, 5000), st.integers(-50, 5000), steps)
def test_a_size_is_taken_or_a_nearby_one_proposed(width: int, height: int, step: int) -> None:
    framing = Framing(step=step)
    if min(width, height) >= step and width % step == height % step == 0:
        assert framing.asked((width, height), Size(16, 16)) == (width, height)
        return
    with pytest.raises(InputError) as error:
        framing.asked((width, height), Size(16, 16))
    proposed = error.value.hint.removeprefix("for example ").split("x")
    assert framing.asked((int(proposed[0]), int(proposed[1])), Size(16, 16))


def test_a_side_that_is_not_asked_for_is_the_current_shots() -> None:
    assert ANY.asked((None, 64), Size(192, 80)) == (192, 64)
    assert ANY.asked((96, None), Size(192, 80)) == (96, 80)
    assert ANY.asked(None, Size(192, 80)) == (192, 80)


@pytest.mark.parametrize("size", [(384, 160), (80, 192), (160, 96), (384, None)])
def test_another_size_than_the_one_that_is_known_is_refused(size: tuple[int, int | None]) -> None:
    with pytest.raises(InputError, match=r"expected 192x80, the only one that the model knows"):
        ONE.asked(size, Size(192, 80))
    assert ONE.asked((192, 80), Size(192, 80)) == (192, 80)


@pytest.mark.parametrize("size", [(0, 80), (-16, 80), (16384, 80), (8193, 80)])
def test_no_model_makes_every_size(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"a size of {size[0]}x80"):
        asked_size(*size)


def test_who_knows_a_part_of_the_world_knows_one_size() -> None:
    assert framing_of(16, [192, 80], knows="the film set") == ONE
    assert framing_of(16, [192, 80], knows="") == Framing(step=16, most_pixels=192 * 80)
    assert framing_of(32, None, knows="the film set") == Framing(step=32)


@pytest.mark.parametrize("size", [(192, 80), (200, 96), (0, 0), (16, 32)])
def test_a_size_that_the_autoencoder_does_not_make_cannot_be_known(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="expected multiples of 32 pixels"):
        Framing(step=32, only=Size(*size))


def test_a_picture_that_keeps_its_scale_keeps_its_pixels() -> None:
    image = Image.linear_gradient("L").convert("RGB").resize((71, 45))
    assert ANY.framed(image) == image.crop((3, 6, 67, 38))
    assert ANY.framed(image.crop((0, 0, 64, 32))) == image.crop((0, 0, 64, 32))


def test_a_picture_is_never_stretched() -> None:
    # A disc stays one: its height and width on the framed picture are the same.
    image = Image.new("L", (1920, 1080))
    disc = Image.radial_gradient("L").point(lambda value: 255 * (value < 120)).resize((800, 800))
    image.paste(disc, (560, 140))
    for framing, size in (
        (Framing(step=16, most_pixels=192 * 80), (160, 96)),
        (ONE, (192, 80)),
        (Framing(step=32, most_pixels=384 * 160), (320, 192)),
    ):
        small = framing.framed(image.convert("RGB"))
        assert small.size == framing.size(1920, 1080) == size
        across = small.crop((0, size[1] // 2, size[0], size[1] // 2 + 1)).convert("L")
        down = small.crop((size[0] // 2, 0, size[0] // 2 + 1, size[1])).convert("L")
        wide, high = (sum(side.point(lambda v: v > 127).tobytes()) for side in (across, down))
        assert abs(wide - high) <= 1
        assert high > size[1] / 3
