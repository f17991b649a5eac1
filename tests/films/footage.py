"""Little films of our own pictures, written with PyAV: shots of coarse noise, unlike each other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from itertools import chain, count
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
"""RGB, [H, W, 3]."""
SIZE = (320, 240)
"""Width and height: a keyframe has 128 pixels at least on either side."""
LENGTH = 24
"""Frames of a shot."""
_BITS = 8


@dataclass(frozen=True, kw_only=True)
class Coding:
    """How a film is written; the defaults are what most films are."""

    codec: str = "libx264"
    pixels: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    rate: int = 24
    container: str | None = None
    """By default what the suffix says."""
    matrix: str | int | None = None
    """The colour matrix that pictures are turned to YUV by; it is not told, see `tags`."""
    full: bool = False
    """Whether luma goes from 0 to 255; not told either."""
    tags: dict[str, int] = field(default_factory=dict)
    """What the stream says of its colours, by PyAV's names."""
    rotation: float = 0
    """Degrees that a player turns the picture by, against the clock."""
    orientation: tuple[int, int, int, int] | None = None
    """The same and mirroring: a pixel (x, y) goes to (a x + c y, b x + d y), for a, b, c, d."""
    aspect: Fraction | None = None
    """Of a pixel."""


PLAIN = Coding()


def still(number: int, size: tuple[int, int] = SIZE) -> Picture:
    """The picture of a shot: noise in patches as large as a face, with fine grain for sharpness."""
    random = np.random.default_rng(number)
    coarse = random.integers(40, 200, (5, 8, 3)).astype(np.uint8)
    fine = random.integers(0, 25, (size[1] // 2 + 1, size[0] // 2 + 1, 1)).repeat(2, 0).repeat(2, 1)
    large = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.NEAREST))
    return (large + fine[: size[1], : size[0]]).astype(np.uint8)


def shots(
    numbers: Iterable[int], size: tuple[int, int] = SIZE, length: int = LENGTH
) -> Iterable[Picture]:
    """The frames of some shots, one after the other."""
    return chain.from_iterable([still(number, size)] * length for number in numbers)


def numbered(frames: int, size: tuple[int, int] = (160, 96)) -> Iterator[Picture]:
    """Frames that tell their number, in white bits on a moving ground."""
    for number in range(frames):
        pixels = np.roll(still(number // 60, size) // 3, 4 * number, axis=1)
        for bit in range(_BITS):
            left = bit * size[0] // _BITS
            pixels[size[1] // 2 :, left : left + size[0] // _BITS] = 235 * (number >> bit & 1)
        yield pixels


def number_of(luma: NDArray[np.uint8]) -> int:
    """The number that such a frame tells."""
    lower = luma[luma.shape[0] * 5 // 8 : luma.shape[0] * 7 // 8]
    bits = [part.mean() > 120 for part in np.array_split(lower, _BITS, axis=1)]
    return sum(int(one) << bit for bit, one in enumerate(bits))


def write_film(
    path: Path,
    pictures: Iterable[Picture],
    coding: Coding = PLAIN,
    *,
    timestamps: Iterable[int] | None = None,
    cover: bytes | None = None,
    sound: float = 0.0,
) -> Path:
    """A film file; timestamps count frames, or thousandths of a second where they are given.

    With so many seconds of sound.
    """
    with av.open(str(path), "w", format=coding.container) as out:
        stream: Any = None
        if cover is not None:
            out.add_attachment("cover.png", "image/png", cover)
        for timestamp, pixels in zip(timestamps or count(), pictures, strict=False):
            if stream is None:
                stream = _stream(out, coding, pixels)
                tone = out.add_stream("aac", rate=48_000) if sound else None
                if timestamps is not None:
                    stream.codec_context.time_base = Fraction(1, 1000)
            frame = _frame(pixels, coding)
            frame.pts, frame.time_base = timestamp, stream.codec_context.time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if sound:
            _write_tone(out, tone, sound)
    return path


def unlike(one: NDArray[np.float64], other: Picture) -> float:
    """Mean difference, levels of 255, of pictures of one size."""
    assert one.shape == other.shape
    return float(np.abs(one - other).mean())


def write_sound(path: Path, cover: Picture | None = None, codec: str = "aac") -> Path:
    """A second of sound, with a picture on its cover or none."""
    with av.open(str(path), "w") as out:
        tone: Any = out.add_stream(codec, rate=48_000)
        if cover is not None:
            out.add_attachment("cover.png", "image/png", png(cover))
        _write_tone(out, tone)
    return path


def png(pixels: Picture) -> bytes:
    """A picture as a file."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def damage(path: Path, where: float, length: int = 64) -> Path:
    """Overwrites bytes of a file, `where` being the share of it that lies before."""
    content = bytearray(path.read_bytes())
    at = int(len(content) * where)
    content[at : at + length] = bytes(0xA5 ^ (n * 37 & 0xFF) for n in range(length))
    path.write_bytes(content)
    return path


def cut_short(path: Path, share: float) -> Path:
    """Leaves the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def _stream(out: Any, coding: Coding, pixels: Picture) -> Any:
    stream = out.add_stream(coding.codec, rate=coding.rate, options=coding.options)
    stream.width, stream.height, stream.pix_fmt = pixels.shape[1], pixels.shape[0], coding.pixels
    stream.codec_context.time_base = Fraction(1, coding.rate)
    if coding.aspect is not None:
        stream.codec_context.sample_aspect_ratio = coding.aspect
    for name, value in coding.tags.items():
        setattr(stream.codec_context, name, value)
    if coding.rotation:
        stream.set_display_rotation(coding.rotation)
    if coding.orientation is not None:
        a, b, c, d = (number << 16 for number in coding.orientation)
        stream.set_display_matrix((a, b, 0, c, d, 0, 0, 0, 1 << 30))
    return stream


def _frame(pixels: Picture, coding: Coding) -> Any:
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame = frame.reformat(
        format=coding.pixels,
        dst_colorspace=coding.matrix,
        dst_color_range="JPEG" if coding.full else "MPEG",
    )
    # The encoder would take over what the conversion notes here.
    for name in ("colorspace", "color_range", "color_trc", "color_primaries"):
        setattr(frame, name, coding.tags.get(name, 0 if name == "color_range" else 2))
    return frame


def _write_tone(out: Any, stream: Any, seconds: float = 1.0) -> None:
    for start in range(0, int(48_000 * seconds), 1024):
        wave = np.sin(np.arange(start, start + 1024) * 0.05) * 20_000
        frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], layout="mono")
        frame.sample_rate, frame.pts = 48_000, start
        out.mux(stream.encode(frame))
    out.mux(stream.encode())
