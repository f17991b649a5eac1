"""What can be said of one picture by looking at its pixels: sharpness, exposure, likeness.

Everything works on luma or colour arrays and knows nothing of films.
"""

from io import BytesIO
from math import prod

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cut2next.cuts.scores import ShotScore

Luma = NDArray[np.uint8]
"""[H, W]"""

_SHARPNESS_WIDTH = 480
"""Pixels: fine grain of a large picture is no sharpness, and sizes must compare."""
_FLAT = 10
"""Levels around the commonest luma that still count as the same ground."""
_INK = 60
"""Levels from the ground from which on a card is written in."""
_SOFT = 1.4
"""What lies between ground and ink, by what is ink: on cards at most 1, in the dark at least 2."""

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


def is_card(luma: Luma, least_ground: float) -> bool:
    """Whether a picture is a title card or credits: mostly one luma, and on it what is sharply set.

    In a dark shot light falls off softly, so that much lies between black and what is lit.
    """
    levels = cv2.calcHist([luma], [0], None, [256], [0, 256]).reshape(-1) / luma.size
    off = np.abs(np.arange(256) - int(levels.argmax()))  # from the commonest luma, [256]
    ground, ink = levels[off <= _FLAT].sum(), levels[off > _INK].sum()
    return bool(ground > least_ground and 1 - ground - ink < _SOFT * ink)


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
