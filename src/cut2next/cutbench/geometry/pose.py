"""Where a head is turned, by six points of a face: enough for its side, a guess at the angle."""

from collections.abc import Sequence
from math import atan2, degrees, hypot

_NOSE = 0.6
"""How far the nose is before the line between the ears, in widths of the head between them."""


def yaw_of(points: Sequence[tuple[float, float]]) -> float:
    """Degrees to the picture's right, of six points in pixels: eyes, nose, mouth, ears.

    The nose leaves the middle between the ears by the sine of the angle while the ears draw near
    each other by the cosine; along the line between the eyes, so that a tilted head is no turned
    one. BlazeFace guesses an ear that is hidden, so beyond about fifty degrees it is less than it
    should be.
    """
    one, other, nose, _, ear, far_ear = points
    across = (other[0] - one[0], other[1] - one[1])
    length = hypot(*across) or 1.0
    along = (across[0] / length, across[1] / length)

    def at(point: tuple[float, float]) -> float:
        return point[0] * along[0] + point[1] * along[1]

    return degrees(atan2(at(nose) - (at(ear) + at(far_ear)) / 2, _NOSE * (at(far_ear) - at(ear))))
