"""Wide colours and high dynamic range become what a usual screen shows: known values of standards.

Values are those of ITU-R BT.2100 (curves), BT.2408 (levels of HDR), BT.2087 (primaries).
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.films.footage import Coding, Picture, shots, write_film

from cut2next.film import InputError
from cut2next.films.colour import curve_of, srgb
from cut2next.films.picture import picture, small
from cut2next.films.video import frames, open_film

PQ, HLG, SDR = 16, 18, 14
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
STEPS = np.linspace(0.05, 0.95, 16)


def encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of 1 by sRGB's curve."""
    return np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def greys(codes: NDArray[np.float64], curve: int) -> Picture:
    """What grey of such codes, of 1, becomes: [number, 3]."""
    pixels = np.round(codes * 65535).astype(np.uint16)[None, :, None].repeat(3, axis=2)
    return np.asarray(srgb(pixels, curve)[0])


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_a_grey_ramp_stays_grey_and_rises_to_white(curve: int) -> None:
    ramp = greys(np.linspace(0, 1, 1000), curve).astype(int)
    assert np.ptp(ramp, axis=1).max() <= 1
    assert (np.diff(ramp[:, 1]) >= 0).all()
    assert ramp[0, 1] == 0
    assert ramp[-1, 1] == 255


@pytest.mark.parametrize(
    ("code", "level"),
    [
        (0.3798, 255 * encoded(np.array(26 / 203))),  # a card of 18 %, under the knee: as it is
        (0.5807, 230),  # reference white, 203 cd/m², leaves room for highlights
        (0.7518, 255),  # 1000 cd/m²
        (0.95, 255),
    ],
)
def test_levels_of_pq_lie_where_standards_put_them(code: float, level: float) -> None:
    assert np.abs(greys(np.array([code]), PQ).astype(float) - level).max() <= 2


@pytest.mark.parametrize(("hlg", "pq"), [(0.38, 0.38), (0.75, 0.58), (1.0, 0.7518)])
def test_hlg_and_pq_of_one_light_are_one_grey(hlg: float, pq: float) -> None:
    """By the table of BT.2408: 18 % card, reference white, peak."""
    one, other = greys(np.array([hlg]), HLG), greys(np.array([pq]), PQ)
    assert np.abs(one.astype(int) - other).max() <= 2


def pq(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The code of ST 2084 for cd/m²."""
    root = (light / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * root) / (1 + 18.6875 * root)) ** 78.84375


@pytest.mark.parametrize("curve", [PQ, SDR])
@pytest.mark.parametrize("colour", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0.5, 0.1)])
def test_colours_of_bt709_come_back_from_bt2020(
    colour: tuple[float, float, float], curve: int
) -> None:
    light = 0.3 * np.array(colour)
    wide = TO_BT2020 @ light
    code = pq(wide * 203) if curve == PQ else encoded(wide)
    found = srgb(np.round(code * 65535).astype(np.uint16)[None, None], curve)[0, 0]
    assert np.abs(found - 255 * encoded(light)).max() <= 4


def test_what_no_screen_shows_is_cut_off_and_keeps_its_hue() -> None:
    for colour in np.eye(3):
        code = np.round(pq(colour * 300) * 65535).astype(np.uint16)
        found = srgb(code[None, None], PQ)[0, 0]
        assert found[colour == 1] > 220
        assert found[colour == 0].max() == 0


def stairs(curve: int) -> Picture:
    """Grey in sixteen steps of code."""
    return (
        np.round(np.repeat(STEPS, 20) * 255)
        .astype(np.uint8)[None, :, None]
        .repeat(240, 0)
        .repeat(3, 2)
    )


def filmed(path: Path, **tags: int) -> Path:
    coding = Coding(codec="ffv1", pixels="yuv420p10le", matrix=9, tags=tags)
    return write_film(path, [stairs(0)] * 3, coding)


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_a_film_in_hdr_is_seen_and_analysed_as_its_sdr_copy(curve: int, tmp_path: Path) -> None:
    path = filmed(tmp_path / "a.mkv", color_trc=curve, color_primaries=9, colorspace=9)
    frame = next(frames(open_film(path, "a")))
    shown = np.asarray(picture(frame))[120, 10::20].astype(float)
    assert np.abs(shown - greys(STEPS, curve)).max() <= 2
    grey, bgr = small(frame)
    seen = (grey[60, 5::10].astype(float) - 16) * 255 / 219
    assert np.abs(seen - shown[:, 0]).max() <= 4
    assert np.abs(bgr[60, 5::10].astype(float) - grey[60, 5::10, None]).max() <= 2


def test_bt2020_without_a_curve_is_sdr_in_its_own_colours(tmp_path: Path) -> None:
    path = filmed(tmp_path / "a.mkv", color_primaries=9, colorspace=9)
    shown = np.asarray(picture(next(frames(open_film(path, "a")))))[120, 10::20].astype(float)
    assert np.abs(shown - 255 * STEPS[:, None]).max() <= 2
    red = np.round(255 * encoded(TO_BT2020 @ [0.5, 0, 0])).astype(np.uint8)
    coding = Coding(
        codec="ffv1", pixels="yuv444p10le", matrix=9, tags={"color_primaries": 9, "colorspace": 9}
    )
    path = write_film(tmp_path / "red.mkv", [np.full((240, 320, 3), red, np.uint8)] * 3, coding)
    shown = np.asarray(picture(next(frames(open_film(path, "red")))))[120, 160].astype(float)
    assert np.abs(shown - 255 * encoded(np.array([0.5, 0, 0]))).max() <= 6


def frame(*data: str, **said: int) -> SimpleNamespace:
    """A frame that says this of itself."""
    side_data = [SimpleNamespace(type=SimpleNamespace(name=name)) for name in data]
    unsaid = {"color_trc": 2, "color_primaries": 2, "colorspace": 2}
    return SimpleNamespace(side_data=side_data, **{**unsaid, **said})


def test_bt2020_without_a_curve_but_with_the_brightness_of_its_master_is_pq() -> None:
    assert curve_of(frame("MASTERING_DISPLAY_METADATA", color_primaries=9)) == PQ
    assert curve_of(frame("CONTENT_LIGHT_LEVEL", colorspace=9)) == PQ
    assert curve_of(frame(color_primaries=9)) == 1
    assert curve_of(frame("CONTENT_LIGHT_LEVEL")) == 1
    assert curve_of(frame("CONTENT_LIGHT_LEVEL", colorspace=9, color_trc=HLG)) == HLG


def test_dolby_vision_in_its_own_colours_is_refused_by_name(tmp_path: Path) -> None:
    """Its tag on a film that says nothing of its colours, as profile 5 does."""
    path = write_film(tmp_path / "a.mp4", shots([0], length=4), Coding(codec="libx265"))
    path.write_bytes(path.read_bytes().replace(b"hev1", b"dvhe").replace(b"hvc1", b"dvh1"))
    with pytest.raises(InputError, match=r"is Dolby Vision, profile 5; .*; make an SDR copy first"):
        open_film(path, "a")


@pytest.mark.parametrize("curve", [PQ, HLG, SDR])
def test_colours_of_half_resolution_are_those_of_full(curve: int, tmp_path: Path) -> None:
    """Phones record 4:2:0; away from edges that is the same picture."""
    flags = np.array([[200, 40, 40], [40, 160, 60], [60, 60, 200], [220, 200, 60]], np.uint8)
    bands = np.broadcast_to(flags.repeat(80, axis=0), (240, 320, 3)).copy()
    shown = []
    for pixels in ("yuv420p10le", "yuv444p10le"):
        tags = {"color_trc": curve, "color_primaries": 9, "colorspace": 9}
        coding = Coding(codec="ffv1", pixels=pixels, matrix=9, tags=tags)
        path = write_film(tmp_path / f"{pixels}.mkv", [bands] * 3, coding)
        shown.append(np.asarray(picture(next(frames(open_film(path, "a")))))[120, 40::80])
    half, full = (colours.astype(int) for colours in shown)
    assert np.abs(half - full).max() <= 3
    assert np.ptp(full, axis=1).min() > 40
