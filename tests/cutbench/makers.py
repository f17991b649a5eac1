"""Makers of walls, good and bad."""

import os
import time

from PIL import Image

from cut2next.makers import Brief


def blue(brief: Brief) -> Image.Image:
    """The true next shot, as it happens."""
    return Image.new("RGB", brief.size, "blue")


def grey(brief: Brief) -> Image.Image:
    """Of another mode than pictures of entries have."""
    return Image.new("LA", brief.size, 128)


def slow(brief: Brief) -> Image.Image:
    """The same, but so that a kill comes in the midst of it."""
    time.sleep(0.2)
    return blue(brief)


def wide(brief: Brief) -> Image.Image:
    """One of another size, for one of the cases; no picture for another."""
    if brief.name.startswith("0001"):
        os._exit(1)
    side = 64 if brief.name.startswith("0002") else brief.size[0]
    return Image.new("RGB", (side, brief.size[1]), "blue")
