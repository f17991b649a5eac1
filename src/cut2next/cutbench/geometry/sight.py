"""What is seen in a picture: faces, how large, turned where, and whose.

Whoever finds faces is a `FaceFinder`, whoever tells people apart an `IdentityReader`; a `Watcher`
is both. The film set's truth is one too (`cutbench/soundstage/true_sights.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import acos, cos, degrees, radians, sin
from typing import Protocol

import numpy as np
from PIL import Image

from cut2next.cutbench.features.network import NetworkFacts, Vectors

Point = tuple[float, float]
_PROFILE = 105.0
"""Degrees of yaw; of a head that is turned further away there is no face to see."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """One face. Places are parts of the picture's width and height, from its upper left corner."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    yaw: float
    """Degrees that it is turned: 0 looks at the camera, 90 to the picture's right."""
    pitch: float = 0.0
    """Degrees that it looks up, as the camera sees it; 0 where nobody can tell."""
    points: tuple[Point, ...] = ()
    """Eye, eye, nose, mouth, ear, ear, each pair from the picture's left when it looks at the
    camera; none where a finder has none."""
    who: Vectors | None = None
    """What tells people apart [D], by whoever read it; None for a face that cannot be read."""

    @property
    def is_back(self) -> bool:
        """Whether it is the back of a head, which the film set's truth knows and no face finder."""
        return abs(self.yaw) > _PROFILE

    @property
    def size(self) -> float:
        """Its height over the frame's."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """All that was seen in one picture."""

    faces: tuple[Face, ...]
    """The largest first."""
    same: float
    """Two faces whose vectors are nearer than this are one person's."""
    things: Mapping[str, float] | None = None
    """What else is in it, by name, and how large; None where nobody looked for things, as of any
    real picture."""
    of: str | None = None
    """Which thing the picture is of, where things are known and it is of no face."""
    direction: tuple[float, float, float] | None = None
    """Where the camera looks, in a world that all pictures of a set share; None where unknown."""


class FaceFinder(Protocol):
    """Finds faces."""

    def find(self, picture: Image.Image) -> Sequence[Face]:
        """Those of a picture of any size, without `who`."""
        ...


class IdentityReader(Protocol):
    """Tells people apart."""

    same: float
    """Two faces whose vectors are nearer than this are one person's."""

    def read(self, picture: Image.Image, faces: Sequence[Face]) -> Sequence[Vectors | None]:
        """A vector [D] of each face, None for one that cannot be read."""
        ...


class Watcher(Protocol):
    """Says all that is seen in a picture."""

    @property
    def facts(self) -> NetworkFacts | None:
        """By what; stored with every result."""
        ...

    def sight(self, picture: Image.Image) -> Sight:
        """Of a picture of any size."""
        ...


def pairs(first: Sequence[Face], second: Sequence[Face], same: float) -> list[tuple[Face, Face]]:
    """Whose faces are in both: the likest first, nobody twice, none further apart than `same`."""
    distances = sorted(
        (distance, one, other)
        for one, face in enumerate(first)
        for other, found in enumerate(second)
        if (distance := apart(face, found)) is not None and distance < same
    )
    taken: dict[int, int] = {}
    for _, one, other in distances:
        if one not in taken and other not in taken.values():
            taken[one] = other
    return [(first[one], second[other]) for one, other in taken.items()]


def apart(first: Face, second: Face) -> float | None:
    """The distance of two faces' vectors; None where one has none."""
    if first.who is None or second.who is None:
        return None
    return float(np.linalg.norm(first.who.astype(np.float64) - second.who))


def turned(first: Face, second: Face) -> float:
    """Degrees between two cameras, by one head that both see and that has not moved."""
    one, other = ((radians(face.yaw), radians(face.pitch)) for face in (first, second))
    cosine = sin(one[1]) * sin(other[1]) + cos(one[1]) * cos(other[1]) * cos(one[0] - other[0])
    return degrees(acos(min(1.0, max(-1.0, cosine))))
