"""Frame rates as other programs tell them, and lengths in frames that never drift."""

from fractions import Fraction

from cut2next.film import InputError
from cut2next.studio.board import RATES

_NEAR = Fraction(1, 100)
"""Frames a second that a rounded rate may be off: 23.98 is 24000/1001, and 24 is not."""
_MOST = 1001
_SHORT = 0.1
"""Seconds; what is shorter is told in frames."""


def rate_near(told: float | Fraction) -> Fraction:
    """The exact rate that a number means. Raises InputError for what is none."""
    if not 1 <= told <= 120:  # nor what is not a number
        raise InputError(
            f"{told} frames a second", expected="1 to 120", hint="for example 24000/1001"
        )
    exact = Fraction(told)
    nearest = min(RATES, key=lambda rate: abs(rate - exact))
    if abs(nearest - exact) < _NEAR:
        return nearest
    return exact.limit_denominator(_MOST)


def lasting(frames: int, rate: Fraction) -> str:
    """A length for a person: "2.3 s", or in frames where that would be none."""
    seconds = float(frames / rate)
    return f"{seconds:.1f} s" if seconds >= _SHORT else f"{frames} fr"


class Clock:
    """Time that goes on piece by piece: each edge is rounded, so that the whole is never off."""

    def __init__(self, rate: Fraction) -> None:
        self.rate = rate
        self._seconds = Fraction(0)
        self._frames = 0

    def frames_for(self, seconds: Fraction) -> int:
        """How many frames the next piece has; none where it is shorter than half of one."""
        self._seconds += seconds
        edge = round(self._seconds * self.rate)
        frames, self._frames = edge - self._frames, edge
        return frames
