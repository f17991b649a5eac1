"""A decoded frame (av.VideoFrame) as pictures: one to analyse, and one as a person would see it."""

import struct
from math import log2
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray
from PIL import Image

from cut2next.films.colour import UNSAID, analysed, is_beyond, srgb

SMALL_WIDTH = 128
"""Pixels, about, of the pictures that are analysed; cuts and motion show at this size as well."""
_PLANAR = ("yuv420p", "yuvj420p")
"""Formats whose planes are read where they lie; others are converted first."""
_FULL = 2
"""Levels from 0 to 255 in place of 16 to 235, by FFmpeg's number."""
_LIGHT, _COLOUR = (
    (16 + np.arange(256) * steps / 255).round().astype(np.uint8) for steps in (219, 224)
)
"""What such levels are in films as most are, so that thresholds on change mean the same in all."""
_BT709_LINES = 720
"""Where a film does not say its colour matrix, players take BT.709 from this height on."""
_CAREFULLY = (
    Interpolation.BILINEAR
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT  # or colours come in blocks, and all a little darker
)
"""How a picture is turned to RGB."""
_SQUARE = 0.01
"""Pixels that are less oblong than this are taken for square: a rounding of the container's."""
Luma = NDArray[np.uint8]
"""[H, W]"""
Bgr = NDArray[np.uint8]
"""[H, W, 3], blue first, as OpenCV has it."""


def small(frame: Any) -> tuple[Luma, Bgr]:
    """A frame as analysis sees it.

    It is halved until it is about 128 pixels wide, since halving takes a fifth of the time that any
    other mean over areas does.
    """
    frame = _planar(frame)
    halvings = max(round(log2(frame.width / SMALL_WIDTH)), 0)
    grey = _halved(_plane(frame.planes[0]), halvings)
    size = (grey.shape[1], grey.shape[0])
    blue, red = (
        cv2.resize(_halved(_plane(plane), halvings - 1), size) for plane in frame.planes[1:3]
    )
    if frame.color_range == _FULL:
        grey, blue, red = cv2.LUT(grey, _LIGHT), cv2.LUT(blue, _COLOUR), cv2.LUT(red, _COLOUR)
    bgr = cv2.cvtColor(cv2.merge((grey, red, blue)), cv2.COLOR_YCrCb2BGR)
    if (curve := analysed(frame.color_trc)) is not None:
        return cv2.LUT(grey, curve), cv2.LUT(bgr, curve)  # type: ignore[return-value]
    return grey, bgr


def picture(frame: Any, pixel_aspect: float = 1.0) -> Image.Image:
    """A frame as a person would see it: upright, square pixels, sRGB."""
    unsaid = frame.colorspace == UNSAID
    matrix = ("ITU709" if frame.height >= _BT709_LINES else "ITU601") if unsaid else None
    beyond = is_beyond(frame)
    rgb = frame.reformat(
        # Planar: to rgb48le, swscale makes noise of the colours of 4:2:0.
        format="gbrp16le" if beyond else "rgb24",
        src_colorspace=matrix,
        interpolation=_CAREFULLY,
    ).to_ndarray()
    image = Image.fromarray(srgb(rgb, frame.color_trc) if beyond else rgb)
    if abs(pixel_aspect - 1) > _SQUARE:
        width = max(round(image.width * pixel_aspect), 1)
        image = image.resize((width, image.height), Image.Resampling.LANCZOS)
    return _upright(image, frame)


def _upright(image: Image.Image, frame: Any) -> Image.Image:
    """Turned, mirrored or both, as the frame's display matrix says; in quarter turns.

    FFmpeg's matrix takes a pixel (x, y) to (a x + c y, b x + d y).
    """
    if (matrix := frame.side_data.get("DISPLAYMATRIX")) is None:
        return image
    a, b, _, c, d = struct.unpack_from("5i", bytes(matrix))
    if abs(b) > abs(a):
        image, a, d = image.transpose(Image.Transpose.TRANSPOSE), c, b
    if a < 0:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if d < 0 else image


def luma(frame: Any) -> Luma:
    """The luma of a frame as it lies in the file, at full size."""
    return _plane(_planar(frame).planes[0])


def _planar(frame: Any) -> Any:
    return frame if frame.format.name in _PLANAR else frame.reformat(format="yuv420p")


def _halved(plane: NDArray[np.uint8], times: int) -> Any:
    for _ in range(times):
        height, width = (max(side // 2, 1) for side in plane.shape)
        even = plane[: 2 * height, : 2 * width]
        plane = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return plane


def _plane(plane: Any) -> NDArray[np.uint8]:
    """A plane of a frame without copying it: rows may be padded."""
    rows = np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]
