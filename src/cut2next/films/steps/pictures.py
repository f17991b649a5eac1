"""What can be said of one picture by looking at its pixels: sharpness, exposure, borders, likeness.

Everything works on luma or colour arrays and knows nothing of films.
"""

from io import BytesIO
from math import prod
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cut2next.cuts.scores import ShotScore

Luma = NDArray[np.uint8]
"""[H, W]"""

_SHARPNESS_WIDTH = 480
"""Pixels: fine grain of a large picture is no sharpness, and sizes must compare."""
_DARK = 24
"""Luma, of 255, under which a border is black; video's own black is 16."""
_SPECKS = 0.02
"""Share of a black row that noise may light up."""
_MOST_BORDER = 0.3
"""Share of a side beyond which darkness is taken for the picture itself."""
_LEAST_BORDER = 2
"""Pixels of border that are worth cutting off."""
_FLAT = 10
"""Levels around the commonest luma that still count as the same ground."""

LOOK_BINS = (12, 4, 4)
"""Hue, saturation, value of `look`."""


def jpeg(image: Image.Image) -> bytes:
    """A picture as keyframes are kept; a film's frame has been through worse."""
    file = BytesIO()
    image.save(file, format="JPEG", quality=95, subsampling=0)
    return file.getvalue()


def exposure(luma: Luma) -> dict[str, float]:
    """Mean and standard deviation of luma, of 255."""
    mean, deviation = cv2.meanStdDev(luma)
    return {ShotScore.BRIGHTNESS: float(mean[0, 0]), ShotScore.CONTRAST: float(deviation[0, 0])}


def sharpness(luma: Luma) -> float:
    """Standard deviation of the Laplacian, at 480 pixels of width: 5 is blurred, 20 crisp."""
    height, width = luma.shape
    if width > _SHARPNESS_WIDTH:
        size = (_SHARPNESS_WIDTH, max(round(height * _SHARPNESS_WIDTH / width), 2))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    _, deviation = cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))
    return float(deviation[0, 0])


def ground(luma: Luma) -> float:
    """Share of the picture that has its commonest luma: most of a title card or of credits."""
    counts = cv2.calcHist([luma], [0], None, [256], [0, 256]).reshape(-1)
    commonest = int(counts.argmax())
    near = counts[max(commonest - _FLAT, 0) : commonest + _FLAT + 1]
    return float(near.sum() / counts.sum())


def inside_borders(lumas: list[Luma]) -> tuple[int, int, int, int]:
    """The part of pictures of one size that is not black in all of them: left, top, right, bottom.

    Letterbox and pillarbox alike. A dark picture is left whole: borders that lie on one side only
    or take more than 30 % of it are none.
    """
    brightest = np.max(np.stack(lumas), axis=0)
    height, width = brightest.shape
    lit = brightest > _DARK
    top, bottom = _dark_ends(lit.mean(axis=1))
    left, right = _dark_ends(lit.mean(axis=0))
    return left, top, width - right, height - bottom


def _dark_ends(lit: NDArray[Any]) -> tuple[int, int]:
    """How many rows, or columns, at both ends are black, given the share of each that is not."""
    picture = np.flatnonzero(lit > _SPECKS)
    if not len(picture):
        return 0, 0
    ends = int(picture[0]), int(len(lit) - 1 - picture[-1])
    alike = abs(ends[0] - ends[1]) <= max(4, 0.02 * len(lit))
    if not alike or max(ends) > _MOST_BORDER * len(lit) or max(ends) < _LEAST_BORDER:
        return 0, 0
    return ends


def little(image: Image.Image) -> Image.Image:
    """A picture as `fingerprint` and `look` take it, of whatever shape."""
    return image.resize((96, 64), Image.Resampling.BOX)


def fingerprint(little: Image.Image) -> int:
    """A perceptual hash of 64 bits: the signs of the low frequencies of a picture."""
    grey = np.asarray(little.convert("L").resize((32, 32), Image.Resampling.BOX), np.float32)
    low = cv2.dct(grey)[:8, :8].reshape(-1)  # [32, 32] -> [8, 8] -> [64]
    bits = low > np.median(low[1:])
    return int(np.packbits(bits).view(">u8")[0])


def difference(first: int, second: int) -> float:
    """Share of bits in which two fingerprints differ: 0 the same picture, about 0.5 unrelated."""
    return (first ^ second).bit_count() / 64


def look(little: Image.Image) -> NDArray[np.float32]:
    """What colours a picture has: the square root of its histogram of hue, saturation and value.

    The dot product of two is their Bhattacharyya coefficient, 1 for the same colours.
    """
    hsv = np.asarray(little.convert("HSV"))
    hue, saturation, value = (
        hsv[..., channel].astype(np.int32) * bins // 256 for channel, bins in enumerate(LOOK_BINS)
    )
    places = (hue * LOOK_BINS[1] + saturation) * LOOK_BINS[2] + value  # [H, W]
    counts = np.bincount(places.reshape(-1), minlength=prod(LOOK_BINS))  # [192]
    root: NDArray[np.float32] = np.sqrt(counts / counts.sum()).astype(np.float32)
    return root
