"""What holds of every place; each is asked in its own test."""

from random import Random

import numpy as np

from cut2next.soundstage import intersection
from cut2next.soundstage.places import Place, build_place
from cut2next.soundstage.primitives import Floats, Geometry, Primitive, vector


def place_called(name: str) -> Place:
    return build_place(name, Random(0))


def parts(place: Place) -> set[str]:
    """What the solids of a place belong to."""
    return {solid.material.part for solid in place.solids}


def table_top(place: Place, side: float = 1.0) -> float:
    """The height at which a prop comes to rest that is let fall where props stand."""
    start = vector([side * place.reach, 0.16, 1.6])
    return 1.6 - _first(place.solids, start, vector([0, 1e-3, -1]))[0]


def seen_at(place: Place, index: int, lower: float = 0.0) -> tuple[float, str]:
    """How far before a feature's spot (metres) a look straight at it ends, and on which part."""
    spot = vector(place.features[index].at) - vector([0, 0, lower])
    x, y, _ = spot / place.extent
    way = vector([np.sign(x), 0, 0] if abs(x) > abs(y) else [0, np.sign(y), 0])
    distance = float(spot @ way)
    far, part = _first(place.solids, spot - way * np.float32(distance), way)
    return distance - far, part


def standing_room(place: Place) -> float:
    """The least distance from the middle to what stands at a side, metres, at the hip's height."""
    ways = (vector([np.cos(turn), np.sin(turn), 0]) for turn in np.linspace(0, 2 * np.pi, 24))
    start = vector([0, 0, 1.3])  # over the table and the backs of the chairs
    return min(_first(place.solids, start, way)[0] for way in ways)


def _first(solids: list[Primitive], start: Floats, way: Floats) -> tuple[float, str]:
    """How far the first solid is along a ray, and what it belongs to."""
    rows = Geometry(solids, []).solids
    distances = [float(intersection.hit(rows, row, *start, *way)) for row in range(len(rows))]
    nearest = int(np.argmin(distances))
    return distances[nearest], solids[nearest].material.part
