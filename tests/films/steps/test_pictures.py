"""What pixels tell holds for pictures nobody chose: sharpness, likeness, titles."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from tests.films.footage import Picture, still

from cut2next.films.steps.pictures import (
    difference,
    exposure,
    fingerprint,
    is_card,
    little,
    look,
    sharpness,
)

TITLE = 0.75
"""Ground from which on a picture is taken for a title card, by default."""
SEEDS = st.integers(0, 999)


def grey(picture: Picture | Image.Image) -> NDArray[np.uint8]:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    return np.asarray(image.convert("L"))


def scenery(seed: int, size: tuple[int, int] = (320, 180)) -> Picture:
    """Low frequencies over all, as photographs have: no two alike."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 9, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC))


@given(seed=SEEDS)
def test_sharpness_falls_with_every_blur(seed: int) -> None:
    image = Image.fromarray(still(seed, (480, 270)))
    found = [
        sharpness(grey(image.filter(ImageFilter.GaussianBlur(radius)))) for radius in (0, 1, 2, 4)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] > 2 * found[1] > 0


def test_sharpness_hardly_depends_on_the_size_of_the_file() -> None:
    large = Image.fromarray(still(0, (1920, 1080)))
    values = [sharpness(grey(large.resize((width, width * 9 // 16)))) for width in (480, 960, 1920)]
    assert max(values) < 1.6 * min(values)


def test_flat_pictures_are_blurred_and_tiny_ones_do_no_harm() -> None:
    assert sharpness(np.full((100, 100), 90, np.uint8)) == 0
    assert sharpness(np.zeros((1, 1), np.uint8)) == 0
    assert sharpness(np.zeros((1, 2000), np.uint8)) == 0


@given(level=st.integers(0, 255), spread=st.integers(0, 100))
def test_exposure_is_mean_and_deviation(level: int, spread: int) -> None:
    luma = np.full((10, 10), level, np.uint8)
    luma[::2] = max(level - spread, 0)
    found = exposure(luma)
    assert found["brightness"] == pytest.approx(float(luma.mean()))
    assert found["contrast"] == pytest.approx(float(luma.std()))


@given(seed=SEEDS, quality=st.integers(30, 95), scale=st.floats(0.3, 2.0))
def test_a_fingerprint_survives_scaling_and_jpeg(seed: int, quality: int, scale: float) -> None:
    image = Image.fromarray(scenery(seed))
    file = BytesIO()
    image.resize((int(320 * scale), int(180 * scale))).save(file, "JPEG", quality=quality)
    assert difference(print_of(image), print_of(Image.open(file))) <= 0.12
    brighter = Image.fromarray((scenery(seed) * 0.8 + 20).astype(np.uint8))
    assert difference(print_of(image), print_of(brighter)) <= 0.12


def print_of(image: Image.Image) -> int:
    return fingerprint(little(image))


def test_fingerprints_of_other_pictures_are_far_apart() -> None:
    prints = [print_of(Image.fromarray(scenery(seed))) for seed in range(30)]
    apart = [difference(one, other) for one in prints for other in prints if one != other]
    assert len(set(prints)) == 30
    assert 0.4 < float(np.mean(apart)) < 0.6
    assert min(apart) > 0.15
    assert all(0 <= one < 2**64 for one in prints)


@given(one=st.integers(0, 2**64 - 1), other=st.integers(0, 2**64 - 1))
def test_difference_is_a_distance(one: int, other: int) -> None:
    assert difference(one, one) == 0
    assert difference(one, other) == difference(other, one) <= 1
    assert difference(one, one ^ (2**64 - 1)) == 1


def look_of(picture: Picture) -> NDArray[np.float32]:
    return look(little(Image.fromarray(picture)))


@given(seed=SEEDS, other=SEEDS)
def test_looks_are_alike_in_light_and_colour_and_roughly_in_place(seed: int, other: int) -> None:
    image = scenery(seed)
    assert float(look_of(image) @ look_of(image)) == pytest.approx(1, abs=1e-5)
    assert float(look_of(image) @ look_of(image[:, ::-1])) > 0.98
    assert 0 <= float(look_of(image) @ look_of(scenery(other))) <= 1 + 1e-5
    red, blue = np.zeros_like(image), np.zeros_like(image)
    red[..., 0] = blue[..., 2] = 200
    assert float(look_of(red) @ look_of(blue)) < 0.2
    sky, ground = np.zeros_like(image), np.zeros_like(image)
    sky[:60] = ground[120:] = 200
    assert float(look_of(sky) @ look_of(ground)) < 0.7


@given(seed=SEEDS, quality=st.integers(20, 95), shift=st.integers(-3, 3))
def test_a_look_hardly_changes_with_the_coding(seed: int, quality: int, shift: int) -> None:
    """Blocks, halved chroma, a shade of light; dark and nearly grey pictures are the hard ones."""
    dark = scenery(seed) // 8 + 20 + np.array([0, 3, 6], np.uint8)
    for image in (scenery(seed), dark.astype(np.uint8)):
        file = BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=2)
        moved = np.asarray(Image.open(file)).astype(int) + shift
        again = moved.clip(0, 255).astype(np.uint8)
        assert float(look_of(image) @ look_of(again)) > 0.96


def card(text: str, size: int, paper: str, ink: str) -> Image.Image:
    image = Image.new("RGB", (640, 360), paper)
    ImageDraw.Draw(image).multiline_text(
        (320, 180), text, ink, ImageFont.load_default(size), anchor="mm", align="center"
    )
    return image


CREDITS = "\n".join(
    f"Role number {number} . . . . . . . . Name of a Person" for number in range(16)
)


@pytest.mark.parametrize(
    ("text", "size", "paper", "ink"),
    [
        ("A FILM", 90, "black", "white"),
        ("A FILM", 90, "#203a60", "#f0e0b0"),
        ("Chapter One\nin which nothing happens", 40, "white", "black"),
        (CREDITS, 16, "black", "white"),
        (CREDITS, 16, "#181818", "#c0c0c0"),
    ],
)
def test_title_cards_and_credits_are_mostly_ground(
    text: str, size: int, paper: str, ink: str
) -> None:
    image = card(text, size, paper, ink)
    assert is_card(grey(image), TITLE)
    file = BytesIO()
    image.save(file, "JPEG", quality=70)
    assert is_card(grey(Image.open(file)), TITLE)


@given(seed=SEEDS)
def test_pictures_are_not(seed: int) -> None:
    assert not is_card(grey(scenery(seed)), TITLE)
    assert not is_card(grey(still(seed)), TITLE)


@given(seed=SEEDS, light=st.floats(0.1, 1.0), width=st.floats(0.08, 0.2))
def test_a_lamp_in_the_dark_is_no_title_card(seed: int, light: float, width: float) -> None:
    """Nearly all of it is black, as of a card; but light falls off where ink ends."""
    rows, columns = np.mgrid[:180, :320]
    near = ((columns / 320 - 0.6) ** 2 + (rows / 180 - 0.4) ** 2) / width**2
    lamp = light * np.exp(-near)[..., None]
    assert not is_card(grey((scenery(seed) * lamp).astype(np.uint8)), TITLE)
