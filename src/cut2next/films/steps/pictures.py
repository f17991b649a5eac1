"""What can be said of one picture by looking at its pixels: sharpness, exposure, likeness.

Everything works on luma or colour arrays and knows nothing of films.
"""

from io import BytesIO
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
_FLAT = 10
"""Levels around the commonest luma that still count as the same ground."""
_INK = 60
"""Levels from the ground from which on a card is written in."""
_SOFT = 1.4
"""What lies between ground and ink, by what is ink: on cards at most 1, in the dark at least 2."""

_BANDS = 3
"""Of a picture, from top to bottom: often sky, faces and ground."""
_LIGHTS, _COLOURS = 24, 8
"""Bins of lightness, and of either axis of colour."""


def _pooling(bins: int, low: int, high: int) -> NDArray[np.float32]:
    """How much of each of 256 levels is in each bin, [256, bins].

    A level between the middles of two bins is shared out, so that no coding moves much.
    """
    place = np.clip((np.arange(256) - low) / (high - low) * bins - 0.5, 0, bins - 1)  # [256]
    apart = np.abs(place[:, None] - np.arange(bins))
    shares: NDArray[np.float32] = np.clip(1 - apart, 0, 1).astype(np.float32)
    return shares


_SHARED = 0.875
"""Length of what looks have in common; the less, the more they differ."""
_TO_LIGHTS, _TO_COLOURS = _pooling(_LIGHTS, 0, 256), _pooling(_COLOURS, 80, 176)
"""Of Lab as OpenCV has it; colours farther from grey, 128, are in the outermost bins."""


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
    between = levels[(off > _FLAT) & (off <= _INK)].sum()
    return bool(ground > least_ground and between < _SOFT * ink)


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
    """What light and colours a picture has, in bands from top to bottom.

    The square root of histograms of lightness and of colour (Lab). The dot product of two is their
    Bhattacharyya coefficient, 1 for the same picture.
    """
    parts: list[NDArray[Any]] = []
    for band in np.array_split(cv2.cvtColor(np.asarray(little), cv2.COLOR_RGB2LAB), _BANDS):
        light = cv2.calcHist([band], [0], None, [256], [0, 256]).reshape(-1)
        colour = cv2.calcHist([band], [1, 2], None, [256, 256], [0, 256, 0, 256])
        parts += [_TO_LIGHTS.T @ light, (_TO_COLOURS.T @ colour @ _TO_COLOURS).reshape(-1)]
    counts = np.concatenate(parts)
    root: NDArray[np.float32] = np.sqrt(counts / counts.sum()).astype(np.float32)
    return root


def _any_look() -> NDArray[np.float32]:
    """What looks have in common in films in general: any lightness, and colours near grey."""
    light = np.full(_LIGHTS, 1 / _LIGHTS)
    from_grey = np.arange(_COLOURS) - (_COLOURS - 1) / 2
    near = np.exp(-(from_grey**2))
    colour = np.outer(near, near).ravel() / near.sum() ** 2
    band = np.concatenate([light, colour]) / (2 * _BANDS)
    common: NDArray[np.float32] = _SHARED * np.sqrt(np.tile(band, _BANDS)).astype(np.float32)
    return common


ANY_LOOK = _any_look()
"""[look]"""
