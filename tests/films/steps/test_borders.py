"""Black borders are those of the film: a shot has its own only where it shows them beyond doubt."""

from dataclasses import replace
from io import BytesIO
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.films.footage import Coding, Picture, still, write_film

from cut2next.cuts.selection import Selection
from cut2next.films.steps.borders import Box, Luma, film_box, shot_box
from cut2next.films.steps.keyframes import KeyframedShot, Keyframes, with_keyframes
from cut2next.films.steps.shots import Candidate, FilmedShot
from cut2next.films.video import Film, frames, open_film

SIZE = WIDTH, HEIGHT = 320, 240
WHOLE = Box(0, 0, *SIZE)
LETTERBOX = Box(0, 40, 320, 200)
SEEDS = st.integers(0, 999)


def grey(picture: Picture | Image.Image) -> Luma:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    return np.asarray(image.convert("L"))


def framed(number: int, box: Box, light: float = 1.0) -> Picture:
    """The picture of a shot within black borders."""
    whole = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    inside = still(number, (box.right - box.left, box.bottom - box.top))
    whole[box.top : box.bottom, box.left : box.right] = (inside * light).astype(np.uint8)
    return whole


def by_lamp(picture: Picture) -> Picture:
    """The same at night: light falls on the middle alone, and off towards all sides."""
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    across, down = columns / picture.shape[1] - 0.5, rows / picture.shape[0] - 0.5
    light = np.exp(-((across / 0.25) ** 2 + (down / 0.2) ** 2))[..., None]
    dark: Picture = (picture * light).astype(np.uint8)
    return dark


@settings(max_examples=50)
@given(
    seed=SEEDS,
    rows=st.integers(0, 66),
    columns=st.integers(0, 90),
    black=st.integers(0, 20),
    grain=st.integers(0, 3),
)
def test_clear_borders_are_cut_off_to_the_pixel_or_two(
    seed: int, rows: int, columns: int, black: int, grain: int
) -> None:
    box = Box(columns, rows, WIDTH - columns, HEIGHT - rows)
    noise = np.random.default_rng(seed).integers(0, grain + 1, (HEIGHT, WIDTH, 3))
    whole = np.maximum(framed(seed, box), black + noise).astype(np.uint8)
    assert shot_box([grey(whole)], WHOLE) == pytest.approx(box, abs=2)


def test_borders_of_a_compressed_picture_are_found() -> None:
    whole = np.full((360, 640, 3), 0, np.uint8)
    whole[46:314] = still(0, (640, 268))
    file = BytesIO()
    Image.fromarray(whole).save(file, "JPEG", quality=60)
    box = shot_box([grey(Image.open(file))], Box(0, 0, 640, 360))
    assert box == pytest.approx((0, 46, 640, 314), abs=2)


def test_what_is_dark_in_one_frame_is_no_border_if_another_is_lit() -> None:
    lit, dark = grey(still(0)), grey(framed(0, LETTERBOX))
    assert shot_box([dark], WHOLE) == LETTERBOX
    assert shot_box([dark, lit], WHOLE) == WHOLE


@given(seed=SEEDS, side=st.sampled_from(["top", "left", "all", "most", "lamp"]))
def test_dark_pictures_have_the_frame_of_their_film(seed: int, side: str) -> None:
    night = still(seed).copy()
    if side == "top":
        night[:60] = 5
    elif side == "left":
        night[:, :80] = 5
    elif side == "all":
        night //= 12
    elif side == "most":
        night[:90] = night[-90:] = 5
    else:
        night = by_lamp(night)
    assert shot_box([grey(night)], WHOLE) == WHOLE
    night[:40] = night[-40:] = 0
    assert shot_box([grey(night)], LETTERBOX) == LETTERBOX


@given(seed=SEEDS)
def test_a_shot_in_another_format_keeps_its_own(seed: int) -> None:
    assert shot_box([grey(still(seed))], LETTERBOX) == WHOLE
    clip = Box(60, 40, 260, 200)  # in the middle of a wider film
    assert shot_box([grey(framed(seed, clip))], LETTERBOX) == clip
    subtitle = framed(seed, LETTERBOX)
    subtitle[215:225, 100:220] = 235
    assert shot_box([grey(subtitle)], LETTERBOX) == LETTERBOX


def filmed(path: Path, pictures: list[Picture]) -> Film:
    """A film of these shots, a second each."""
    frames = [picture for picture in pictures for _ in range(24)]
    return open_film(write_film(path / "film.mkv", frames, Coding(options={"g": "12"})), "film")


def keyframed(film: Film, start: int = 0) -> list[KeyframedShot]:
    """The shots from one on, as if their boundaries had been found."""
    seconds = groupby(frames(film), lambda frame: int(frame.pts * film.time_base))
    shots = [
        FilmedShot(
            start=second,
            end=second + 1,
            motion=0.0,
            marks=(),
            candidates=tuple(Candidate(frame.pts, 0.0, frame) for frame in list(some)[4::6]),
        )
        for second, some in seconds
        if second >= start
    ]
    return list(
        with_keyframes(shots, film=film, settings=Keyframes(), scorers=(), selection=Selection())
    )


def sizes(shots: list[KeyframedShot]) -> list[tuple[int, int]]:
    return [Image.open(BytesIO(shot.record.image)).size for shot in shots]


def test_a_dark_shot_of_a_letterboxed_film_has_its_size_and_is_no_title(tmp_path: Path) -> None:
    pictures = [framed(number, LETTERBOX) for number in range(7)]
    pictures[2] = framed(2, LETTERBOX, 0.15)
    pictures[4][40:200] = by_lamp(still(4, (320, 160)))
    film = filmed(tmp_path, pictures)
    shots = keyframed(film)
    assert len(shots) == 7
    assert film_box(film) == pytest.approx(LETTERBOX, abs=2)
    assert len(set(sizes(shots))) == 1
    assert all(shot.record.marks == () for shot in shots)
    film_box.cache_clear()  # another process, which takes the film from its dark shot on
    assert [shot.record for shot in keyframed(film, 4)] == [shot.record for shot in shots[4:]]


def test_of_two_formats_each_shot_has_its_own_and_the_dark_ones_that_of_most(
    tmp_path: Path,
) -> None:
    tall = Box(0, 0, 320, 240)
    pictures = [framed(number, tall if number in (2, 3) else LETTERBOX) for number in range(8)]
    pictures[5][40:200] = by_lamp(still(5, (320, 160)))
    found = sizes(keyframed(filmed(tmp_path, pictures)))
    assert [height for _, height in found] == pytest.approx(
        [240 if number in (2, 3) else 160 for number in range(8)], abs=4
    )
    assert len(set(found)) == 2


def test_of_a_film_in_the_dark_nothing_is_known(tmp_path: Path) -> None:
    film = filmed(tmp_path, [by_lamp(still(number)) for number in range(5)])
    assert film_box(film) == WHOLE
    assert set(sizes(keyframed(film))) == {SIZE}


def test_a_film_that_turns_is_looked_at_upright(tmp_path: Path) -> None:
    frames = [framed(number, LETTERBOX) for number in range(4) for _ in range(24)]
    coding = Coding(rotation=90, options={"g": "12"})
    film = open_film(write_film(tmp_path / "film.mp4", frames, coding), "film")
    assert film_box(film) == pytest.approx((40, 0, 200, 320), abs=2)
    assert film_box(replace(film, duration=0.0)) == Box(0, 0, 240, 320)  # nowhere to look
