"""What a camera truly sees of a thing on the set: in frame, and with nothing else before it."""

import numpy as np

from cut2next.soundstage.intersection import first_solids
from cut2next.soundstage.primitives import Floats, Geometry, Ints
from cut2next.soundstage.render import View

_MOST = 0.6
"""The part of a thing's solids, counted by their centres, that must be seen."""


def solids_near(geometry: Geometry, owner: str, at: Floats, reach: float) -> Ints:
    """The solids that make up a thing: within `reach` metres of `at`.

    They belong to a person or prop whose parts begin with `owner`, or to nobody where it is empty.
    """
    near = np.linalg.norm(geometry.center - at, axis=1) < reach
    owned = np.array([geometry.parts[part].startswith(owner) for part in geometry.part_of])
    found: Ints = np.flatnonzero(near & owned[: len(near)]).astype(np.int32)
    return found


def framed_there(geometry: Geometry, view: View, solids: Ints) -> float:
    """How many metres fill the picture's height where these solids are."""
    middle = geometry.center[solids].mean(axis=0)
    return float(2 * view.tangent * (view.axes[2] @ (middle - view.position)))


def in_sight(geometry: Geometry, view: View, aspect: float, solids: Ints) -> bool:
    """Whether most of a thing's `solids` are in frame (`aspect` is width by height) and unhidden.

    They may hide each other.
    """
    rays = geometry.center[solids] - view.position  # [solids, 3]
    right, up, forward = view.axes @ rays.T
    reach = forward * view.tangent
    framed = (abs(right) < reach * aspect) & (abs(up) < reach)
    if framed.sum() < _MOST * len(solids):
        return False
    rays /= np.linalg.norm(rays, axis=1)[:, None]
    met = first_solids(geometry.solids, view.position, rays[framed])
    return bool(np.isin(met, solids).sum() >= _MOST * len(solids))
