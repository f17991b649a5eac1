"""Sizes: the next shot has the current shot's framing, on the grid that the model works on."""

from math import sqrt
from typing import NamedTuple

from PIL import Image, ImageOps

from cut2next.backbones import PIXELS_PER_TOKEN as STEP
from cut2next.film import InputError

WIDEST = 8
"""Times as wide as high, or the other way; beyond it little of a picture would be left."""


class Size(NamedTuple):
    """Width and height in pixels, both multiples of 16."""

    width: int
    height: int

    @property
    def tokens(self) -> tuple[int, int]:
        """(height, width) in tokens, as a layout takes it."""
        return self.height // STEP, self.width // STEP


def check_shape(width: int, height: int) -> None:
    """Raises InputError for a side under 16 pixels or a shape beyond 8 to 1."""
    if min(width, height) < STEP or max(width, height) > WIDEST * min(width, height):
        raise InputError(
            f"a picture of {width}x{height}",
            expected=f"at least {STEP} pixels a side, and no side over {WIDEST} times the other",
            hint="crop it",
        )


def framed_size(width: int, height: int, most_pixels: int | None = None) -> Size:
    """The size that a picture of `width` x `height` is framed to.

    Up to `most_pixels` the picture keeps its scale and each side is rounded down to a multiple of
    16; a larger one is scaled to about that area first, and rounded to the nearest. Raises
    InputError as `check_shape` does.
    """
    check_shape(width, height)
    scale = sqrt(most_pixels / (width * height)) if most_pixels else 1.0
    if scale >= 1:
        return Size(width // STEP * STEP, height // STEP * STEP)
    return Size(_nearest(width * scale), _nearest(height * scale))


def framed(image: Image.Image, most_pixels: int | None = None) -> Image.Image:
    """The picture at its `framed_size`, never stretched: the centre of it, scaled where need be.

    A picture that keeps its scale keeps its pixels, and loses at most 15 of them on each axis; one
    that is scaled loses at most what rounding changes its shape by.
    """
    size = framed_size(*image.size, most_pixels)
    over = image.width - size.width, image.height - size.height
    if all(0 <= pixels < STEP for pixels in over):
        left, top = over[0] // 2, over[1] // 2
        return image.crop((left, top, left + size.width, top + size.height))
    return ImageOps.fit(image, size, method=Image.Resampling.LANCZOS)


def asked_size(width: int | None, height: int | None, default: Size) -> Size:
    """A size that was asked for in numbers; a side that was not asked for is the default's.

    Raises InputError unless both are multiples of 16.
    """
    width = default.width if width is None else width
    height = default.height if height is None else height
    if min(width, height) < STEP or width % STEP or height % STEP:
        raise InputError(
            f"a size of {width}x{height}",
            expected=f"multiples of {STEP} pixels",
            hint=f"for example {_nearest(width)}x{_nearest(height)}",
        )
    return Size(width, height)


def _nearest(side: float) -> int:
    return max(STEP, round(side / STEP) * STEP)
