"""A place: a dressed stage whose four sides differ, and the scenery it is dressed with.

A reverse view therefore has another background. The two leads face each other along x about the
middle, across a table for the props. North is +y, east is +x. Nothing here knows a café from a
park.
"""

from dataclasses import dataclass

import numpy as np

from cut2next.soundstage.palette import RGB
from cut2next.soundstage.primitives import Floats, Material, Primitive, turn


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Something a cutaway can show."""

    name: str
    at: tuple[float, float, float]
    height: float
    """Metres of it that fill the picture's height."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A dressed stage without people."""

    name: str
    outside: bool
    seated: bool
    walls: str
    """Name of the wall paint, or of the facades' outside."""
    accent: str
    extent: Floats
    """The inside of the stage, metres: half its width (x), half its depth (y), its height (z)."""
    solids: list[Primitive]
    shell: list[Material]
    """Floor, north, south, east, west, ceiling."""
    behind: dict[str, str]
    """What stands on each side, in words."""
    features: tuple[Feature, Feature]
    table: float
    """Height at which the props stand, metres."""
    reach: float
    """How far from the middle of the table the props stand, metres along x."""


@dataclass(frozen=True, kw_only=True)
class Paints:
    """The two colours that chance gives a place, linear RGB."""

    walls: RGB
    accent: RGB


@dataclass(frozen=True)
class Side:
    """One side of the stage: in words, and as solids before a wall at y = 0, the stage at -y."""

    words: str
    solids: list[Primitive]


@dataclass(frozen=True)
class Sight:
    """A feature, by where it is on its side: `along` runs left to right as one faces the side."""

    name: str
    side: str
    along: float
    height: float
    framed: float
    """Metres of it that fill the picture's height."""
    before: float = 0.0
    """How far before the side it stands, metres."""


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """All that makes one place differ from another."""

    outside: bool = False
    seated: bool = True
    floor: Material
    middle: list[Primitive]
    """The table, and what the leads sit on, in the world."""
    north: Side
    south: Side
    east: Side
    west: Side
    features: tuple[Sight, Sight]
    table: float = 0.75
    reach: float = 0.24

    @property
    def sides(self) -> dict[str, Side]:
        """The four sides by name, in the order in which they are built."""
        return {"north": self.north, "south": self.south, "east": self.east, "west": self.west}


class Wall:
    """Puts things on one side of a stage."""

    def __init__(self, side: str, extent: Floats) -> None:
        yaw = {"north": 0.0, "east": -np.pi / 2, "south": np.pi, "west": np.pi / 2}[side]
        self.rotation = turn(yaw)
        self.depth = float(extent[1] if side in ("north", "south") else extent[0])

    def place(self, solids: list[Primitive]) -> list[Primitive]:
        """A side's solids, carried to where the side is."""
        offset = self.rotation @ np.array([0, self.depth, 0], np.float32)
        return [solid.moved(self.rotation, offset) for solid in solids]

    def at(self, along: float, height: float, before: float) -> tuple[float, float, float]:
        """Where a spot `before` the wall is in the world."""
        x, y, z = self.rotation @ np.array([along, self.depth - before, height], np.float32)
        return float(x), float(y), float(z)
