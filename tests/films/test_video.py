"""Films of every kind, whole and damaged: all frames come, in order, time, size and colours."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.films.footage import (
    LENGTH,
    PLAIN,
    SIZE,
    Coding,
    Picture,
    cut_short,
    damage,
    number_of,
    numbered,
    shots,
    still,
    unlike,
    write_film,
)

from cut2next.film import InputError
from cut2next.films.picture import luma, picture, small
from cut2next.films.video import _DIGESTED, Film, _digest, frames, glimpses, open_film

LOSSLESS = Coding(codec="ffv1")
CODINGS = {
    "a.mp4": PLAIN,
    "main.webm": Coding(codec="libvpx"),
    "nine.webm": Coding(codec="libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8"}),
    "lossless.mkv": LOSSLESS,
    "old.avi": Coding(codec="mpeg4"),
    "edit.mov": Coding(codec="prores_ks", pixels="yuv422p10le"),
    "ten.mp4": Coding(pixels="yuv420p10le"),
    "full.mp4": Coding(pixels="yuv444p"),
    "semi.mkv": Coding(codec="rawvideo", pixels="nv12"),
    "rgb.mp4": Coding(codec="libx264rgb", pixels="rgb24"),
    "alpha.mkv": Coding(codec="ffv1", pixels="yuva420p"),
    "stream.ts": Coding(codec="mpeg2video"),
    "disc.vob": Coding(codec="mpeg2video", container="vob"),
    "bare.h264": Coding(container="h264", rate=25),
    "with spaces, ünd Ümläuts 雪.mkv": LOSSLESS,
}
SEEKABLE = {
    "closed.mp4": Coding(options={"g": "48", "bf": "3"}),
    "open.mp4": Coding(options={"x264-params": "open-gop=1:bframes=3:keyint=48"}),
    "open.mkv": Coding(options={"x264-params": "open-gop=1:bframes=3:keyint=48"}),
    "refresh.mp4": Coding(options={"x264-params": "intra-refresh=1:keyint=48"}),
    "main.webm": Coding(codec="libvpx", options={"g": "48", "auto-alt-ref": "1"}),
    "nine.webm": Coding(codec="libvpx-vp9", options={"g": "48", "deadline": "realtime"}),
    "stream.ts": Coding(codec="mpeg2video", options={"g": "15", "bf": "2"}),
    "old.avi": Coding(codec="mpeg4", options={"g": "30", "bf": "2"}),
    "odd.avi": Coding(options={"g": "48", "bf": "3"}),
}


def opened(path: Path) -> Film:
    return open_film(path, path.stem)


def told(film: Film, start: float = 0.0) -> list[tuple[int, int]]:
    """Of every frame its timestamp and its number."""
    return [(frame.pts, number_of(luma(frame))) for frame in frames(film, start)]


def pictured(film: Film, at: int = 10) -> NDArray[np.float64]:
    frame = list(frames(film))[at]
    return np.asarray(picture(frame, film.pixel_aspect)).astype(np.float64)


@pytest.mark.parametrize("name", CODINGS)
def test_every_frame_of_every_coding_comes_with_its_picture(name: str, tmp_path: Path) -> None:
    coding = CODINGS[name]
    film = opened(write_film(tmp_path / name, shots(range(2)), coding))
    found = list(frames(film))
    assert film.size == SIZE
    seconds = np.array([float(frame.pts * film.time_base) for frame in found])
    assert np.allclose(seconds - seconds[0], np.arange(2 * LENGTH) / coding.rate, atol=0.002)
    for number, frame in ((0, found[10]), (1, found[LENGTH + 10])):
        assert unlike(np.asarray(picture(frame)).astype(float), still(number)) < 8
        grey, bgr = small(frame)
        assert grey.shape == bgr.shape[:2] == (120, 160)
        low = np.asarray(Image.fromarray(still(number)).resize((160, 120), Image.Resampling.BOX))
        assert np.abs(bgr[..., ::-1].astype(float) - low).mean() < 10
        assert luma(frame).shape == SIZE[::-1]


def woven(pixels: Picture, count: int) -> list[Picture]:
    """Frames of two fields each, half a frame's motion apart."""
    found = []
    for number in range(count):
        frame = np.roll(pixels, 8 * number, axis=1)
        frame[1::2] = np.roll(pixels, 8 * number + 4, axis=1)[1::2]
        found.append(frame)
    return found


def combed(grey: NDArray[np.uint8]) -> float:
    """How much more neighbouring rows differ than those of one field."""
    rows = grey.astype(float)
    return float(np.abs(rows[1:-1] - rows[2:]).mean() - np.abs(rows[:-2] - rows[2:]).mean())


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("a.mp4", Coding(options={"x264-params": "tff=1"})),
        ("a.mkv", Coding(options={"x264-params": "bff=1"}, pixels="yuv420p10le", rotation=180)),
        ("a.ts", Coding(codec="mpeg2video", options={"flags": "+ilme+ildct"})),
    ],
)
def test_interlaced_film_has_no_combs_and_keeps_its_time(
    name: str, coding: Coding, tmp_path: Path
) -> None:
    stripes = np.broadcast_to(still(0)[:1], (SIZE[1], SIZE[0], 3)).copy()
    film = opened(write_film(tmp_path / name, woven(stripes, 30), coding))
    assert film.interlaced
    found = list(frames(film))
    seconds = np.array([float(frame.pts * film.time_base) for frame in found])
    assert np.allclose(seconds - seconds[0], np.arange(30) / 24, atol=0.002)
    assert combed(np.asarray(Image.fromarray(woven(stripes, 2)[1]).convert("L"))) > 3
    assert combed(luma(found[15])) < 0.5
    assert found[15].rotation % 360 == coding.rotation


def test_uneven_timestamps_are_kept(tmp_path: Path) -> None:
    times = [40 * number + 13 * (number % 3) + 1000 * (number // 24) for number in range(72)]
    for name in ("a.mkv", "a.mp4"):
        film = opened(write_film(tmp_path / name, numbered(72), timestamps=times))
        assert [number for _, number in told(film)] == list(range(72))
        assert [round(time * film.time_base * 1000) for time, _ in told(film)] == times


def test_repeated_timestamps_give_one_frame_each(tmp_path: Path) -> None:
    times = [80 * (number // 2) for number in range(48)]
    film = opened(write_film(tmp_path / "a.mkv", numbered(48), LOSSLESS, timestamps=times))
    assert told(film) == [(80 * number, 2 * number) for number in range(24)]


def test_negative_timestamps_and_a_late_begin_do_no_harm(tmp_path: Path) -> None:
    for begin in (-500, 3_600_000):
        times = [begin + 40 * number for number in range(48)]
        film = opened(write_film(tmp_path / "a.mkv", numbered(48), LOSSLESS, timestamps=times))
        assert [number for _, number in told(film)] == list(range(48))
        assert told(film, 1.0)[-1] == told(film)[-1]


@pytest.mark.parametrize("name", ["bare.h264", "odd.avi"])
def test_no_frame_is_lost_where_the_order_of_showing_is_not_told(name: str, tmp_path: Path) -> None:
    coding = replace(SEEKABLE["odd.avi"], container=Path(name).suffix[1:])
    found = told(opened(write_film(tmp_path / name, numbered(90), coding)))
    assert [number for _, number in found] == list(range(90))
    steps = {after - before for (before, _), (after, _) in pairwise(found)}
    assert len(steps) == 1


@pytest.mark.parametrize("name", SEEKABLE)
def test_from_a_start_come_the_frames_that_come_in_one_go(name: str, tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / name, numbered(240), SEEKABLE[name]))
    whole = told(film)
    assert [number for _, number in whole] == list(range(240))
    for start in np.arange(0.0, 10.5, 0.7):
        part = told(film, float(start))
        assert part == whole[-len(part) :]
        first = float(part[0][0] * film.time_base)
        assert first <= start or part == whole


def test_seeking_saves_decoding(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "a.mp4", numbered(240), SEEKABLE["closed.mp4"]))
    assert len(told(film, 8.5)) == 48


@pytest.mark.parametrize("suffix", ["ts", "mpg"])
def test_films_put_together_are_read_to_their_end(suffix: str, tmp_path: Path) -> None:
    coding = Coding() if suffix == "ts" else Coding(codec="mpeg2video")
    one = write_film(tmp_path / f"one.{suffix}", numbered(60), coding)
    other = write_film(tmp_path / f"other.{suffix}", list(numbered(120))[60:], coding)
    both = tmp_path / f"both.{suffix}"
    both.write_bytes(one.read_bytes() + other.read_bytes())
    found = told(opened(both))
    assert all(before < after for (before, _), (after, _) in pairwise(found))
    assert len(found) >= 118  # MPEG's program stream tells the time of some frames wrong
    assert found[-1][1] == 119


def test_frames_that_change_their_size_get_that_of_the_first(tmp_path: Path) -> None:
    bare = Coding(container="h264")
    one = write_film(tmp_path / "one.h264", shots([0]), bare)
    other = write_film(
        tmp_path / "other.h264", shots([1], (640, 272)), replace(bare, pixels="yuv444p")
    )
    both = tmp_path / "both.h264"
    both.write_bytes(one.read_bytes() + other.read_bytes())
    found = list(frames(opened(both)))
    assert len(found) == 2 * LENGTH
    assert {(frame.width, frame.height, frame.format.name) for frame in found} == {
        (*SIZE, "yuv420p")
    }


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("a.mkv", PLAIN),
        ("a.webm", Coding(codec="libvpx")),
        ("a.ts", Coding(codec="mpeg2video")),
        ("a.avi", Coding(codec="mpeg4")),
        ("a.flv", Coding(codec="flv")),
    ],
)
@pytest.mark.parametrize("share", [0.4, 0.7])
def test_cut_short_gives_what_is_there(
    name: str, coding: Coding, share: float, tmp_path: Path
) -> None:
    coding = replace(coding, options={"g": "12"})
    film = opened(cut_short(write_film(tmp_path / name, numbered(120), coding), share))
    found = [number for _, number in told(film)]
    whole = len(found) - 6  # the last frames may be half there
    assert found[:whole] == list(range(whole))
    assert 0.3 * share < len(found) / 120 < 1.3 * share
    assert told(film, 4.5) == told(film)[-len(told(film, 4.5)) :]


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.webm", "a.ts", "a.avi"])
def test_a_damaged_stretch_is_passed_over_in_silence(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    codecs = {"a.webm": "libvpx", "a.avi": "mpeg4"}
    coding = Coding(codec=codecs.get(name, "libx264"), options={"g": "12"})
    path = write_film(tmp_path / name, numbered(240), coding)
    capfd.readouterr()
    film = opened(damage(path, 0.45, path.stat().st_size // 10))
    found = [number for _, number in told(film)]
    assert found[0] == 0
    assert found[-1] == 239
    assert len(found) > 190
    list(frames(film, 5.0))
    assert capfd.readouterr() == ("", "")


def test_a_film_that_begins_black_is_a_film(tmp_path: Path) -> None:
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    film = opened(write_film(tmp_path / "a.mp4", [*[black] * 48, *shots([0])]))
    assert len(list(frames(film))) == 72


def test_one_frame_is_a_film(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "a.mp4", [still(0)]))
    assert len(list(frames(film))) == 1


def test_time_begins_where_the_file_does(tmp_path: Path) -> None:
    """MPEG's streams begin a little late, and recordings anywhere: players show 0."""
    film = opened(write_film(tmp_path / "a.ts", numbered(60), Coding(codec="mpeg2video")))
    assert film.begin > 0
    times = [float(pts * film.time_base) for pts, _ in told(film)]
    assert times == pytest.approx([number / 24 for number in range(60)], abs=1e-3)
    late = [3_600_000 + 40 * number for number in range(48)]
    film = opened(write_film(tmp_path / "b.mkv", numbered(48), LOSSLESS, timestamps=late))
    assert [pts for pts, _ in told(film)] == [40 * number for number in range(48)]


def test_a_film_that_has_gone_is_an_input_error(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "a.mp4", shots([0])))
    film.path.unlink()
    with pytest.raises(InputError, match="is no file"):
        list(frames(film))


@pytest.mark.parametrize("name", ["list.m3u8", "list.m3u", "list.mp4"])
def test_a_list_of_films_elsewhere_opens_none_of_them(name: str, tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    other = write_film(elsewhere / "other.mp4", shots([0]))
    for words in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{other}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile {other}\n",
    ):
        (path := tmp_path / name).write_text(words)
        with pytest.raises(InputError, match="cannot be read"):
            opened(path)


def test_contents_tell_films_apart_not_names(tmp_path: Path) -> None:
    one = write_film(tmp_path / "one.mp4", shots([0]))
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(one.read_bytes())
    other = write_film(tmp_path / "other.mp4", shots([1]))
    assert opened(one).digest == opened(copy).digest != opened(other).digest


def test_files_that_differ_in_nothing_but_length_are_two(tmp_path: Path) -> None:
    blocks = [tmp_path / f"{count}.bin" for count in (2, 3)]
    for count, path in enumerate(blocks, start=2):
        path.write_bytes(bytes(count * _DIGESTED))
    assert len({_digest(path) for path in blocks}) == 2


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".mpg"])
def test_glimpses_are_from_all_over_a_film_and_each_is_there_once(
    suffix: str, tmp_path: Path
) -> None:
    codec = "mpeg2video" if suffix == ".mpg" else "libx264"
    coding = Coding(codec=codec, options={"g": "12", "bf": "0"})
    film = open_film(write_film(tmp_path / f"film{suffix}", numbered(240), coding), "film")
    numbers = [number_of(luma(frame)) for frame in glimpses(film, 5)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 4
    assert numbers[0] < 48 < 144 < numbers[-1]
    assert len(list(glimpses(film, 100))) < 30  # of 20 that can be sought
