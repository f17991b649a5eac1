"""How near two pictures are: mean square error, after a slight blur.

The blur forgives an edge that is a pixel off, and no more.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cut2next.soundstage.primitives import Floats

Picture = NDArray[np.uint8]

BLUR = 0.02
"""Standard deviation of the Gaussian, in heights of the picture: 1.6 pixels of 80."""


def softened(picture: Picture) -> Floats:
    """A picture [H, W, 3], slightly blurred, as display values 0..1."""
    blur = ImageFilter.GaussianBlur(BLUR * picture.shape[0])
    return np.asarray(Image.fromarray(picture).filter(blur), np.float32) / np.float32(255)


def apart(one: Floats, other: Floats) -> float:
    """Mean square error of two softened pictures."""
    return float(np.square(one - other).mean())


def nearest(made: Floats, choices: Mapping[str, Floats], asked: str) -> str:
    """Which of some softened pictures is the nearest; of equals the one that was asked for."""
    return min(choices, key=lambda name: (apart(made, choices[name]), name != asked))
