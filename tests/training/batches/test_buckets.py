"""Sizes are few and whole, nothing is stretched or made larger, and little is cropped."""

from math import isclose

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cut2next.film import InputError
from cut2next.generation.framing import Framing, Size
from cut2next.training.batches.buckets import Buckets

FLUX = Buckets(model=Framing(step=16, most_pixels=1024 * 576))
SIDES = st.integers(16, 5000)
FILM_ASPECTS = st.floats(1 / 2.4, 2.4)


def shape(width: int, height: int) -> bool:
    """Whether some picture has it."""
    return max(width, height) <= 8 * min(width, height)


@given(SIDES, SIDES)
def test_nothing_is_stretched_or_enlarged_and_every_side_is_whole_tokens(w: int, h: int) -> None:
    assume(shape(w, h))
    size = FLUX.size(w, h)
    left, top, right, bottom = FLUX.framing(size).box(w, h)
    assert size.width % 16 == size.height % 16 == 0
    assert isclose((right - left) / (bottom - top), size.width / size.height, rel_tol=1e-9)
    assert 0 <= left <= right <= w
    assert 0 <= top <= bottom <= h
    assert right - left >= size.width - 1e-6
    assert size.width * size.height <= 1.05 * 1024 * 576


@given(FILM_ASPECTS, st.integers(700_000, 30_000_000))
def test_of_a_film_less_than_a_tenth_is_cropped_and_its_area_is_the_stated_one(
    aspect: float, pixels: int
) -> None:
    width, height = round((pixels * aspect) ** 0.5), round((pixels / aspect) ** 0.5)
    size = FLUX.size(width, height)
    left, top, right, bottom = FLUX.framing(size).box(width, height)
    kept = (right - left) * (bottom - top) / (width * height)
    assert kept > 0.9
    assert 0.95 < size.width * size.height / (1024 * 576) < 1.05


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        ((1024, 576), (1024, 576)),
        ((1920, 1080), (1024, 576)),
        ((3840, 1606), (1184, 496)),
        ((1080, 1920), (576, 1024)),
        ((1000, 1000), (768, 768)),
    ],
)
def test_the_usual_shapes_are_there(picture: tuple[int, int], size: tuple[int, int]) -> None:
    assert FLUX.size(*picture) == size


def test_a_picture_smaller_than_the_area_keeps_its_scale() -> None:
    assert FLUX.size(655, 370) == (640, 368)
    assert FLUX.framing(Size(640, 368)).box(655, 370) == (7, 1, 647, 369)


def test_however_many_pictures_there_are_their_sizes_are_few() -> None:
    sizes = {
        FLUX.size(width, height)
        for width in range(900, 4000, 37)
        for height in range(900, 4000, 41)
    }
    assert len(sizes) <= 31


def test_a_model_that_knows_one_size_has_one_bucket() -> None:
    mini = Buckets(model=Framing(step=16, only=Size(160, 96)))
    assert {mini.size(*picture) for picture in ((1920, 800), (20, 30), (160, 96))} == {(160, 96)}


def test_an_area_may_be_stated() -> None:
    small = Buckets(model=FLUX.model, area=512 * 512)
    assert small.size(2000, 2000) == (512, 512)


@given(SIDES, SIDES, SIDES, SIDES)
def test_both_shots_of_a_cut_get_one_size_that_enlarges_neither(
    w: int, h: int, other_w: int, other_h: int
) -> None:
    assume(shape(w, h) and shape(other_w, other_h))
    try:
        size = FLUX.size_of_cut((w, h), (other_w, other_h))
    except InputError:
        assert min(other_w, other_h) < 16 * 9  # less than a token is left of the shape
        return
    for width, height in ((w, h), (other_w, other_h)):
        assert size.width <= width
        assert size.height <= height


def test_a_cut_has_the_shape_of_its_current_shot() -> None:
    assert FLUX.size_of_cut((1920, 1080), (1440, 1440)) == (1024, 576)


@pytest.mark.parametrize("picture", [(15, 100), (900, 100)])
def test_what_cannot_be_framed_is_refused(picture: tuple[int, int]) -> None:
    for cut in ((picture, (64, 64)), ((64, 64), picture)):
        with pytest.raises(InputError, match="a picture of"):
            FLUX.size_of_cut(*cut)


def test_an_area_under_a_token_is_refused() -> None:
    with pytest.raises(InputError, match="pictures of 255 pixels"):
        Buckets(model=FLUX.model, area=255)
