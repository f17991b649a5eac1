"""Sizes: the next shot has the current shot's framing, on the grid that the model works on."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from PIL import Image

from cut2next.film import InputError
from cut2next.film.fields import check_kind

LONGEST = 8192
"""Pixels of a side that may be asked for."""
WIDEST = 8
"""Times as wide as high, or the other way; beyond it little of a picture would be left."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a picture, in its pixels."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def in_tokens(self, step: int) -> tuple[int, int]:
        """(height, width) in tokens of `step` pixels a side, as a layout takes it."""
        return self.height // step, self.width // step

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Which sizes a model's pictures have, and what of any picture it is that they show.

    Raises InputError for one size that is no whole number of tokens.
    """

    step: int
    """Pixels a side of a token."""
    most_pixels: int | None = None
    """About the area that larger pictures are scaled down to."""
    only: Size | None = None
    """The one size that the model knows; None of one that makes any."""

    def __post_init__(self) -> None:
        if self.only and not self._makes(self.only):
            raise InputError(
                f"a model whose pictures are {self.only}",
                expected=f"multiples of {self.step} pixels, as its autoencoder makes them",
                hint="give the autoencoder that it was trained with",
            )

    def size(self, width: int, height: int) -> Size:
        """The size that a picture of `width` x `height` is brought to.

        The one that the model knows, where it knows one. Else the picture keeps its scale up to
        `most_pixels` and each side is rounded down to whole tokens; a larger one is scaled to about
        that area, and rounded to the nearest. Raises InputError as `check_shape` does, and for a
        picture under a token.
        """
        check_shape(width, height, 1 if self.only else self.step)
        if self.only:
            return self.only
        scale = sqrt(self.most_pixels / (width * height)) if self.most_pixels else 1.0
        if scale < 1:
            return self._nearest(width * scale, height * scale)
        return Size(width // self.step * self.step, height // self.step * self.step)

    def box(self, width: int, height: int) -> Box:
        """The part of a picture that is read: the centre of it, in the shape of its `size`.

        A picture that is less than a token larger keeps its scale: the part is of that very size.
        """
        size = self.size(width, height)
        over = width - size.width, height - size.height
        if all(0 <= pixels < self.step for pixels in over):
            left, top = over[0] // 2, over[1] // 2
            return left, top, left + size.width, top + size.height
        aside = max(0.0, width - height * size.width / size.height) / 2
        above = max(0.0, height - width * size.height / size.width) / 2
        return aside, above, width - aside, height - above

    def framed(self, image: Image.Image) -> Image.Image:
        """The picture at its `size`, never stretched: its `box`, scaled where need be."""
        size, box = self.size(*image.size), self.box(*image.size)
        if box[2] - box[0] == size.width and box[3] - box[1] == size.height:
            return image.crop(box)
        return image.resize(size, Image.Resampling.LANCZOS, box)

    def asked(self, size: tuple[int | None, int | None] | None, default: Size) -> Size:
        """A size that was asked for; the default, or a side of it, where none was.

        Raises InputError for another than the one that the model knows, and unless both sides are
        whole tokens.
        """
        sides = zip(size or (None, None), default, strict=True)
        asked = asked_size(*(usual if side is None else side for side, usual in sides))
        if self.only and asked != self.only:
            raise InputError(
                f"a size of {asked}",
                expected=f"{self.only}, the only one that the model knows",
                hint="leave it out",
            )
        if not self._makes(asked):
            raise InputError(
                f"a size of {asked}",
                expected=f"multiples of {self.step} pixels, {LONGEST} at most",
                hint=f"for example {self._nearest(*asked)}",
            )
        return asked

    def _makes(self, size: Size) -> bool:
        return all(side >= self.step and side % self.step == 0 for side in size)

    def _nearest(self, width: float, height: float) -> Size:
        step, most = self.step, LONGEST // self.step * self.step
        return Size(*(min(max(step, round(side / step) * step), most) for side in (width, height)))


def framing_of(step: int, default_size: Sequence[int] | None, *, knows: object) -> Framing:
    """The framing of a model by its settings: one that knows a part of the world knows one size."""
    size = Size(*map(int, default_size)) if default_size else None
    if knows or size is None:
        return Framing(step=step, only=size)
    return Framing(step=step, most_pixels=size.width * size.height)


def check_shape(width: int, height: int, least: int = 1) -> None:
    """Raises InputError for a side under the least or a shape beyond 8 to 1."""
    if min(width, height) < least or max(width, height) > WIDEST * min(width, height):
        raise InputError(
            f"a picture of {width}x{height}",
            expected=f"at least {least} pixels a side, and no side over {WIDEST} times the other",
            hint="crop it",
        )


def asked_size(width: int, height: int) -> Size:
    """A size that was asked for of no model yet. Raises InputError for what no model makes."""
    check_kind("width and height", (width, height), tuple[int, int], "for example 1024 and 576")
    if not all(0 < side <= LONGEST for side in (width, height)):
        raise InputError(
            f"a size of {width}x{height}",
            expected=f"sides of up to {LONGEST} pixels",
            hint="for example 1024x576",
        )
    return Size(int(width), int(height))
