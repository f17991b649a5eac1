"""Soft shadows, against penumbras worked out by hand."""

import numpy as np
import pytest
from tests.soundstage.test_render import EXTENT, lights

from cut2next.soundstage.primitives import (
    Floats,
    Geometry,
    Material,
    Primitive,
    box,
    cylinder,
    ellipsoid,
    vector,
)
from cut2next.soundstage.render import Illumination
from cut2next.soundstage.shadow import open_share

GREY = Material(part="grey", color=(0.5, 0.5, 0.5))
SPREAD = 0.1
UP = vector([0, 0, 1])


def _free(solid: Primitive, along: Floats) -> Floats:
    """How much of the light overhead is free at points of the floor (x, 0)."""
    light = Illumination(Geometry([solid], [GREY] * 6), EXTENT, lights(UP, SPREAD))
    scene = (light.rays, light.starts, light.items, 0, -1, np.float32(1e-4))
    solids = Geometry([solid], [GREY] * 6).solids
    free = [open_share(solids, *scene, x, np.float32(0), np.float32(0), 1e9) for x in along]
    return np.array(free, np.float32)


@pytest.mark.parametrize(
    "solid",
    [
        box((0, 0, 2), (1, 1, 0.01), GREY),
        cylinder((0, 0, 2), (1, 1, 0.01), GREY),
        ellipsoid((0, 0, 2), (1, 1, 0.01), GREY),
    ],
)
def test_a_penumbra_is_as_wide_as_the_light_and_the_height_make_it(solid: Primitive) -> None:
    half = 2 * np.tan(SPREAD)  # metres to either side of the edge at 1 m, seen from 2 m below
    along = np.linspace(0, 2, 401, dtype=np.float32)
    free = _free(solid, along)
    assert (free[along < 1 - 1.05 * half] == 0).all()
    assert (free[along > 1 + 1.05 * half] == 1).all()
    assert free[200] == pytest.approx(0.5, abs=0.03)
    inside = free[abs(along - 1) < 0.9 * half]
    assert (np.diff(inside) > 0).all()
    assert np.diff(free).max() < 1.8 * (along[1] / (2 * half))  # no steps


def test_what_is_narrower_than_the_light_leaves_some_of_it() -> None:
    free = _free(box((0, 0, 2), (0.05, 1, 0.01), GREY), np.zeros(1, np.float32))
    assert 0.3 < free[0] < 0.95
