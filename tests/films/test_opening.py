"""Which stream of a file is the film, and what is no film."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.films.footage import (
    SIZE,
    Coding,
    cut_short,
    png,
    shots,
    still,
    unlike,
    write_film,
    write_sound,
)

from cut2next.film import InputError
from cut2next.films.picture import picture
from cut2next.films.video import Film, frames, open_film

LOSSLESS = Coding(codec="ffv1")


def opened(path: Path) -> Film:
    return open_film(path, path.stem)


def pictured(film: Film) -> NDArray[np.float64]:
    return np.asarray(picture(next(frames(film)), film.pixel_aspect)).astype(np.float64)


def test_a_cover_is_not_the_film(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only sound"):
        opened(write_sound(tmp_path / "a.mka", still(0)))
    with_cover = write_film(tmp_path / "a.mkv", shots([1]), cover=png(still(0)))
    assert unlike(pictured(opened(with_cover)), still(1)) < 5


def with_two_streams(
    path: Path, widths: tuple[int, int], second: str = "none", lengths: tuple[int, int] = (24, 24)
) -> Path:
    """Two films in one file, and what it says of the second."""
    with av.open(str(path), "w") as out:
        streams = []
        for width in widths:
            stream: Any = out.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = width, width * 3 // 4, "yuv420p"
            streams.append(stream)
        streams[0].disposition = av.stream.Disposition(0)
        streams[1].disposition = getattr(av.stream.Disposition, second, 0)
        for number, (stream, length) in enumerate(zip(streams, lengths, strict=True)):
            pixels = still(number, (stream.width, stream.height))
            for _ in range(length):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            out.mux(stream.encode())
    return path


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_of_several_streams_of_pictures_the_largest_is_the_film(name: str, tmp_path: Path) -> None:
    film = opened(with_two_streams(tmp_path / name, (160, 320)))
    assert film.size == (320, 240)
    assert unlike(pictured(film), still(1)) < 8


def test_of_streams_of_one_size_that_is_the_film_which_is_shown_by_default(tmp_path: Path) -> None:
    film = opened(with_two_streams(tmp_path / "a.mkv", (320, 320), "default"))
    assert unlike(pictured(film), still(1)) < 8


def test_a_single_picture_beside_a_film_is_its_cover_told_or_not(tmp_path: Path) -> None:
    film = opened(with_two_streams(tmp_path / "a.mp4", (160, 320), lengths=(24, 1)))
    assert film.size == (160, 120)


def test_a_name_with_a_colon_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_film(tmp_path / "part 1: begin.mp4", shots([0]))
    monkeypatch.chdir(tmp_path)
    assert opened(Path("part 1: begin.mp4")).size == SIZE


def text(path: Path) -> Path:
    path.write_text("A film, they say.\n" * 100)
    return path


def noise(path: Path) -> Path:
    path.write_bytes(np.random.default_rng(0).bytes(100_000))
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def headless(path: Path) -> Path:
    """MP4 tells at its end what it holds."""
    return cut_short(write_film(path, shots([0])), 0.9)


def drawing(path: Path) -> Path:
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return path


def strange(path: Path) -> Path:
    """Constant luminance, which nobody here can undo."""
    return write_film(path, shots([0]), replace(LOSSLESS, tags={"colorspace": 10}))


@pytest.mark.parametrize(
    ("make", "name", "reason"),
    [
        (text, "a.mp4", "cannot be read"),
        (noise, "a.mp4", "cannot be read"),
        (noise, "a.ts", "cannot be read"),
        (empty, "a.mp4", "is empty"),
        (headless, "a.mp4", "cannot be read"),
        (write_sound, "a.m4a", "has no pictures, only sound"),
        (drawing, "a.mp4", "is of a kind that cannot be decoded"),
        (strange, "a.mkv", r"cannot be read \(Operation not supported\)"),
    ],
)
def test_what_is_no_film_is_refused_in_one_line(
    make: object, name: str, reason: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert callable(make)
    path = make(tmp_path / name)
    capfd.readouterr()
    with pytest.raises(InputError, match=reason) as refusal:
        opened(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")
