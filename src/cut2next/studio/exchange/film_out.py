"""Stills as films: H.264 in MP4, as every player and editor takes it, exact to the frame."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cut2next.film.installation import needed
from cut2next.film.writing import output_errors

if TYPE_CHECKING:
    from PIL import Image

_OPTIONS = {"preset": "veryfast", "tune": "stillimage", "crf": "18"}
_BT709, _LIMITED = 1, 1
"""Of colours, by their numbers in ITU-T H.273; and levels of 16 to 235."""


def write_film(
    path: Path,
    shots: Iterable[tuple["Image.Image", int]],
    rate: Fraction,
    size: tuple[int, int],
) -> None:
    """Writes pictures of that size, even sides, each for so many frames; `rate` a second.

    Raises OutputError when it cannot be written.
    """
    with needed("it, to write films", "studio"):
        import av
    # Its index in front, so that a page can begin to play before it has all.
    early = {"movflags": "faststart"}
    with (
        output_errors(path, av.error.FFmpegError),
        av.open(str(path), "w", format="mp4", options=early) as film,
    ):
        stream = _stream(film, rate, size)
        number = 0
        for image, frames in shots:
            frame = _frame(av, image)
            for _ in range(frames):
                frame.pts, frame.time_base = number, 1 / rate
                film.mux(stream.encode(frame))
                number += 1
        film.mux(stream.encode(None))


def _stream(film: Any, rate: Fraction, size: tuple[int, int]) -> Any:
    stream = film.add_stream("libx264", rate=rate, options=_OPTIONS)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    coder = stream.codec_context
    coder.gop_size = max(round(rate), 1)  # a second, so that scrubbing is quick
    coder.colorspace = coder.color_primaries = coder.color_trc = _BT709
    coder.color_range = _LIMITED
    return stream


def _frame(av: Any, image: "Image.Image") -> Any:
    frame = av.VideoFrame.from_image(image)
    coded = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
    coded.colorspace = coded.color_primaries = coded.color_trc = _BT709
    return coded
