"""Which shots are of one scene, from what they look like.

A scene comes back to its pictures: shot, reverse shot, shot. So where shots that look alike lie a
little apart, everything between them is of their scene (overlapping links; Hanjalic, Lagendijk and
Biemond 1999). Where no link leads across, a new scene begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from cut2next.films.steps.keyframes import FoundShot


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """How far links reach, and what is alike."""

    alike: float = 0.7
    """Bhattacharyya coefficient of two keyframes' colours from which on they are linked."""
    shots: int = 8
    """How many shots a link reaches ahead."""
    seconds: float = 90.0
    """How long a link reaches ahead, from the end of the one shot to the begin of the other."""


def scene_numbers(shots: Sequence[FoundShot], settings: Scenes) -> list[int]:
    """The number of each shot's scene, from 0; shots in the order of their film."""
    if not shots:
        return []
    ends = [_last_linked(shots, at, settings) for at in range(len(shots))]
    reached = list(accumulate(ends, max))
    begins = [at > 0 and reached[at - 1] < at for at in range(len(shots))]
    return list(accumulate(int(new) for new in begins))


def _last_linked(shots: Sequence[FoundShot], at: int, settings: Scenes) -> int:
    """The last shot that looks like this one and is near enough; itself if there is none."""
    for other in range(min(at + settings.shots, len(shots) - 1), at, -1):
        near = _apart(shots[at], shots[other]) <= settings.seconds
        if near and float(np.dot(shots[at].look, shots[other].look)) >= settings.alike:
            return other
    return at


def _apart(one: FoundShot, other: FoundShot) -> float:
    """Seconds between two shots of a film."""
    assert one.record.span is not None
    assert other.record.span is not None
    return one.record.span.seconds(other.record.span.start - one.record.span.end)
