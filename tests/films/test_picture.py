"""Frames as pictures: upright, square, in the colours that were filmed, whatever the file."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.films.footage import PLAIN, Coding, shots, still, unlike, write_film

from cut2next.films.picture import picture, small
from cut2next.films.video import Film, frames, open_film

LOSSLESS = Coding(codec="ffv1")
AUTOROTATE = {
    (1, 0, 0, 1): "null",
    (-1, 0, 0, 1): "hflip",
    (1, 0, 0, -1): "vflip",
    (-1, 0, 0, -1): "hflip,vflip",
    (0, 1, -1, 0): "transpose=clock",
    (0, -1, 1, 0): "transpose=cclock",
    (0, 1, 1, 0): "transpose=cclock_flip",
    (0, -1, -1, 0): "transpose=clock_flip",
}
"""By display matrix (a, b, c, d), what fftools/ffmpeg_filter.c inserts."""
CARD = np.array(
    [[250, 5, 5], [5, 250, 5], [5, 5, 250], [5, 5, 5], [250, 250, 250], [128, 128, 128]], np.uint8
)
"""Colours in stripes; in BT.601 and BT.709 they differ by up to 30 levels."""


def opened(path: Path) -> Film:
    return open_film(path, path.stem)


def pictured(film: Film, at: int = 10) -> NDArray[np.float64]:
    frame = list(frames(film))[at]
    return np.asarray(picture(frame, film.pixel_aspect)).astype(np.float64)


def filtered(pixels: NDArray[np.float64], filters: str) -> NDArray[np.uint8]:
    """A picture that has gone through filters of FFmpeg."""
    frame = av.VideoFrame.from_ndarray(pixels.astype(np.uint8), format="rgb24")
    graph = av.filter.Graph()
    last = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 24)
    )
    for name, _, argument in (part.partition("=") for part in filters.split(",")):
        last.link_to(following := graph.add(name, argument or None))
        last = following
    last.link_to(graph.add("buffersink"))
    graph.configure()
    graph.vpush(frame)
    return np.asarray(graph.vpull().to_ndarray())


def test_grey_film_is_grey(tmp_path: Path) -> None:
    found = pictured(
        opened(write_film(tmp_path / "a.mkv", shots([0]), replace(LOSSLESS, pixels="gray")))
    )
    assert np.ptp(found, axis=2).max() <= 1
    weights = np.array([0.299, 0.587, 0.114])
    assert np.abs(found[..., 0] - still(0) @ weights).mean() < 2


@pytest.mark.parametrize("size", [(321, 241), (333, 135), (161, 90)])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p"])
def test_odd_sizes_stay_odd(pixels: str, size: tuple[int, int], tmp_path: Path) -> None:
    coding = replace(LOSSLESS, pixels=pixels)
    film = opened(write_film(tmp_path / "a.mkv", shots([0], size), coding))
    assert film.size == size
    assert unlike(pictured(film), still(0, size)) < 5
    grey, bgr = small(next(frames(film)))
    assert grey.shape == bgr.shape[:2]


@pytest.mark.parametrize("orientation", AUTOROTATE)
def test_film_comes_as_players_turn_and_mirror_it(
    orientation: tuple[int, int, int, int], tmp_path: Path
) -> None:
    """Beside the filters that FFmpeg puts before its output for such a matrix."""
    plain = opened(write_film(tmp_path / "plain.mp4", shots([0])))
    turned = replace(PLAIN, orientation=orientation)
    film = opened(write_film(tmp_path / "turned.mp4", shots([0]), turned))
    found = pictured(film)
    assert film.size == (found.shape[1], found.shape[0])
    assert (found == filtered(pictured(plain), AUTOROTATE[orientation])).all()


def test_oblong_pixels_become_square(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "a.mp4", shots([0]), replace(PLAIN, aspect=Fraction(4, 3))))
    assert film.size == (427, 240)
    assert pictured(film).shape == (240, 427, 3)


@pytest.mark.parametrize("height", [240, 720])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("said", ["BT.601", "BT.709", "nothing"])
@pytest.mark.parametrize(
    ("suffix", "coding"), [("mp4", PLAIN), ("mp4", Coding(pixels="yuv420p10le")), ("mkv", LOSSLESS)]
)
def test_colours_are_those_that_were_filmed(
    suffix: str, coding: Coding, said: str, full: bool, height: int, tmp_path: Path
) -> None:
    high = {"BT.601": False, "BT.709": True, "nothing": height >= 720}[said]
    tags = {} if said == "nothing" else {"colorspace": 1 if high else 6}
    coding = replace(
        coding,
        matrix="ITU709" if high else "ITU601",
        full=full,
        tags=tags | ({"color_range": 2} if full else {}),
    )
    width = height * 4 // 3
    stripes = np.broadcast_to(CARD.repeat(width // len(CARD) + 1, 0)[:width], (height, width, 3))
    film = opened(write_film(tmp_path / f"a.{suffix}", [stripes] * 4, coding))
    found = pictured(film, 1)
    for number, colour in enumerate(CARD):
        middle = int((number + 0.5) * width / len(CARD))
        assert np.abs(found[20:-20, middle - 5 : middle + 5] - colour).max() <= 4


def test_analysis_sees_the_same_in_full_range_and_in_video_range(tmp_path: Path) -> None:
    """So that motion, and every threshold on change, means the same as Motion JPEG."""
    seen = []
    for name, full, pixels in (("video.mkv", False, "yuv420p"), ("full.mkv", True, "yuvj420p")):
        coding = Coding(codec="mjpeg", pixels=pixels, full=full, options={"q": "2", "strict": "-1"})
        path = write_film(tmp_path / name, [still(0)] * 2, coding)
        seen.append(small(next(frames(open_film(path, name)))))
    (video, video_bgr), (full_range, full_bgr) = seen
    assert full_range.std() == pytest.approx(video.std(), rel=0.03)  # as they lie 16 % apart
    assert full_range.mean() == pytest.approx(video.mean(), abs=1)
    assert np.abs(video_bgr.astype(int) - full_bgr).mean() < 3
