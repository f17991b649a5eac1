"""The few sizes that training brings pictures to: cuts of one batch are of one size.

A picture is cropped to the nearest of some shapes, and never stretched or scaled up.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

from cut2next.film import InputError
from cut2next.generation.framing import Framing, Size, check_shape

AREA = 1024 * 576
"""Pixels, about, of a picture of a model that says nothing else of its size."""
_ASPECTS = (1, 6 / 5, 4 / 3, 3 / 2, 5 / 3, 16 / 9, 1.85, 2, 2.2, 2.39, 2.76, 3.3, 4, 5, 6.4, 8)
"""Width to height, or the other way: the usual ones of films, and wider ones ever further apart.
Less than a tenth of a picture is cropped, up to 2.4:1."""


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Which sizes the shots of cuts are brought to.

    Raises InputError for an area under a token.
    """

    model: Framing
    """What the model makes: where it knows one size, that is the only bucket."""
    area: int | None = None
    """Pixels, about; the area that the model was made for unless another is given."""

    def __post_init__(self) -> None:
        if self.area is not None and self.area < self.model.step**2:
            raise InputError(
                f"pictures of {self.area} pixels",
                expected=f"at least {self.model.step**2}, one token",
                hint=f"for example {AREA}, which is 1024x576",
            )

    def size(self, width: int, height: int) -> Size:
        """The size for a picture of `width` x `height`: the shape that keeps most of it.

        One that is too small for that keeps its scale, its sides rounded down to whole tokens.
        Raises InputError for a side under a token or a shape beyond 8 to 1.
        """
        if self.model.only:
            return self.model.size(width, height)
        check_shape(width, height, self.model.step)
        fitting = [s for s in self._shapes if s.width <= width and s.height <= height]
        if not fitting:
            return self._whole.size(width, height)
        return max(fitting, key=lambda shape: _kept(shape, width / height))

    def size_of_cut(self, current: tuple[int, int], following: tuple[int, int]) -> Size:
        """The size of both shots of a cut, width and height given: it has the current one's shape.

        The next shot may be smaller; then both are. Raises InputError as `size` does.
        """
        for shot in (current, following):
            self.size(*shot)
        smaller = min(1.0, following[0] / current[0], following[1] / current[1])
        return self.size(int(current[0] * smaller), int(current[1] * smaller))

    def framing(self, size: Size) -> Framing:
        """How a picture is brought to one of these sizes."""
        return Framing(step=self.model.step, only=size)

    @cached_property
    def _shapes(self) -> tuple[Size, ...]:
        """About the area, in whole tokens."""
        step, area = self.model.step, self.area or self.model.most_pixels or AREA
        wide = [
            Size(*(max(1, round(side / step)) * step for side in (sqrt(area * a), sqrt(area / a))))
            for a in _ASPECTS
        ]
        return tuple(dict.fromkeys([*wide, *(Size(size.height, size.width) for size in wide)]))

    @cached_property
    def _whole(self) -> Framing:
        return Framing(step=self.model.step)


def _kept(shape: Size, aspect: float) -> float:
    """The share of a picture of this aspect that remains when it is cropped to a shape."""
    own = shape.width / shape.height
    return min(own / aspect, aspect / own)
