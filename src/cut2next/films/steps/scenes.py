"""Which shots are of one scene, from what they look like.

A scene comes back to its pictures: shot, reverse shot, shot. So where shots that look alike lie a
little apart, everything between them is of their scene (overlapping links; Hanjalic, Lagendijk and
Biemond 1999). Where no link leads across, a new scene begins.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from cut2next.films.steps.keyframes import KeyframedShot


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """How far links reach, and what is alike."""

    alike: float = 0.5
    """Correlation of two shots' looks, what they share with the whole film left out, from which on
    they are linked."""
    shots: int = 8
    """How many shots a link reaches ahead."""
    seconds: float = 90.0
    """How long a link reaches ahead, from the end of the one shot to the begin of the other."""


def with_scenes(shots: Iterable[KeyframedShot], *, settings: Scenes) -> Iterator[KeyframedShot]:
    """Each shot with the number of its scene, from 0; those that a link may reach are held."""
    source = iter(shots)
    near = deque(islice(source, settings.shots + 1))
    scene, linked = 0, 0
    while near:
        # `linked` shots from this one on are of the scene before; -1 where no link leads here.
        scene += linked < 0
        linked = max(linked, _last_linked(near, settings)) - 1
        shot = near.popleft()
        near.extend(islice(source, 1))
        yield replace(shot, record=replace(shot.record, scene=scene))


def _last_linked(shots: Sequence[KeyframedShot], settings: Scenes) -> int:
    """The last shot that looks like the first and is near enough; 0 if there is none."""
    first = shots[0]
    for other in range(len(shots) - 1, 0, -1):
        apart = first.span.seconds(shots[other].span.start - first.span.end)
        # [look] · [look]: both have length 1
        alike = float(np.dot(first.look, shots[other].look)) >= settings.alike
        if alike and apart <= settings.seconds:
            return other
    return 0
