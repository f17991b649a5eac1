"""How near two pictures are: mean square error, after a slight blur.

The blur forgives an edge that is a pixel off, and no more.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cut2next.cutbench.metrics.metric import Pixels

Blurred = NDArray[np.float32]
"""A blurred picture [H, W, 3], display values 0..1."""

BLUR = 0.02
"""Standard deviation of the Gaussian, in heights of the picture: 1.6 pixels of 80."""


def blurred(picture: Pixels) -> Blurred:
    """A picture, slightly blurred."""
    blur = ImageFilter.GaussianBlur(BLUR * picture.shape[0])
    return np.asarray(Image.fromarray(picture).filter(blur), np.float32) / np.float32(255)


def square_error(first: Blurred, second: Blurred) -> float:
    """Mean square error of two blurred pictures."""
    return float(np.square(first - second).mean())


def nearest(made: Blurred, choices: Mapping[str, Blurred], asked: str) -> str:
    """Which of some blurred pictures is the nearest; of equals the one that was asked for."""
    return min(choices, key=lambda name: (square_error(made, choices[name]), name != asked))
