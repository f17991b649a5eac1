"""Sizes: the next shot has the current shot's framing, on the grid that the model works on."""

from math import sqrt
from typing import NamedTuple

from PIL import Image, ImageOps

from cut2next.backbones import PIXELS_PER_TOKEN
from cut2next.film import InputError
from cut2next.film.fields import check_kind

LONGEST = 8192
"""Pixels of a side that may be asked for."""
WIDEST = 8
"""Times as wide as high, or the other way; beyond it little of a picture would be left."""


class Size(NamedTuple):
    """Width and height in pixels, in whole tokens."""

    width: int
    height: int

    def in_tokens(self, step: int = PIXELS_PER_TOKEN) -> tuple[int, int]:
        """(height, width) in tokens of `step` pixels a side, as a layout takes it."""
        return self.height // step, self.width // step


def check_shape(width: int, height: int, *, step: int = PIXELS_PER_TOKEN) -> None:
    """Raises InputError for a side under a token or a shape beyond 8 to 1."""
    if min(width, height) < step or max(width, height) > WIDEST * min(width, height):
        raise InputError(
            f"a picture of {width}x{height}",
            expected=f"at least {step} pixels a side, and no side over {WIDEST} times the other",
            hint="crop it",
        )


def framed_size(
    width: int, height: int, most_pixels: int | None = None, *, step: int = PIXELS_PER_TOKEN
) -> Size:
    """The size that a picture of `width` x `height` is framed to.

    Up to `most_pixels` the picture keeps its scale and each side is rounded down to a multiple of
    `step`, the pixels of a token; a larger one is scaled to about that area first, and rounded to
    the nearest. Raises InputError as `check_shape` does.
    """
    check_shape(width, height, step=step)
    scale = sqrt(most_pixels / (width * height)) if most_pixels else 1.0
    if scale >= 1:
        return Size(width // step * step, height // step * step)
    return Size(_nearest(width * scale, step), _nearest(height * scale, step))


def framed(
    image: Image.Image, most_pixels: int | None = None, *, step: int = PIXELS_PER_TOKEN
) -> Image.Image:
    """The picture at its `framed_size`, never stretched: the centre of it, scaled where need be.

    A picture that keeps its scale keeps its pixels, and loses less than a token of them on each
    axis; one that is scaled loses at most what rounding changes its shape by.
    """
    size = framed_size(*image.size, most_pixels, step=step)
    over = image.width - size.width, image.height - size.height
    if all(0 <= pixels < step for pixels in over):
        left, top = over[0] // 2, over[1] // 2
        return image.crop((left, top, left + size.width, top + size.height))
    return ImageOps.fit(image, size, method=Image.Resampling.LANCZOS)


def asked_size(
    width: int | None, height: int | None, default: Size, *, step: int = PIXELS_PER_TOKEN
) -> Size:
    """A size that was asked for in numbers; a side that was not asked for is the default's.

    Raises InputError unless both are multiples of `step`, the pixels of a token, up to 8192.
    """
    width = default.width if width is None else width
    height = default.height if height is None else height
    check_kind("width and height", (width, height), tuple[int, int], "for example 1024 and 576")
    if any(side % step or not step <= side <= LONGEST for side in (width, height)):
        raise InputError(
            f"a size of {width}x{height}",
            expected=f"multiples of {step} pixels, {LONGEST} at most",
            hint=f"for example {_nearest(width, step)}x{_nearest(height, step)}",
        )
    return Size(int(width), int(height))


def _nearest(side: float, step: int) -> int:
    return min(max(step, round(side / step) * step), LONGEST)
