"""Pictures without end, each another."""

import numpy as np
from PIL import Image


def picture(seed: int, size: tuple[int, int] = (96, 40)) -> Image.Image:
    """A few soft patches of colour."""
    few = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8)
    return Image.fromarray(few).resize(size, Image.Resampling.BICUBIC)
