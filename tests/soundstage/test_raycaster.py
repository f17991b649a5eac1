"""The compiled loops, against geometry done by hand."""

import numpy as np
import pytest

from cut2next.soundstage import intersection, raycaster
from cut2next.soundstage.intersection import FAR
from cut2next.soundstage.primitives import (
    NO_CLIP,
    Floats,
    Geometry,
    Material,
    Primitive,
    Texture,
    box,
    cylinder,
    ellipsoid,
    turn,
    vector,
)
from cut2next.soundstage.raycaster import sort_into_cells

GREY = Material(part="grey", color=(0.5, 0.5, 0.5))
EXTENT = vector([4, 5, 3])
SLANTED = (1.0, 0.0, 1.0)


def _distance(solid: Primitive, start: tuple[float, ...], way: tuple[float, ...]) -> float:
    """How far a ray goes before it meets a solid."""
    rows = Geometry([solid], [GREY] * 6).solids
    direction = vector(way) / np.float32(np.linalg.norm(way))
    return float(intersection.hit(rows, 0, *vector(start), *direction))


BALL = ellipsoid((0, 0, 0), (1, 1, 1), GREY)
CUBE = box((0, 0, 0), (1, 1, 1), GREY)
DRUM = cylinder((0, 0, 0), (1, 1, 2), GREY)


@pytest.mark.parametrize(
    ("solid", "start", "way", "distance"),
    [
        (BALL, (5, 0, 0), (-1, 0, 0), 4),
        (BALL, (5, 0.6, 0), (-1, 0, 0), 5 - 0.8),  # 3-4-5
        (BALL, (0, 0, 0), (0, 1, 0), 1),  # from within
        (BALL, (5, 0, 0), (1, 0, 0), FAR),  # behind
        (BALL, (5, 1.01, 0), (-1, 0, 0), FAR),
        (CUBE, (0, 0, 3), (0, 0, -1), 2),
        (CUBE, (-3, 0, 2), SLANTED, FAR),
        (CUBE, (-3, 0, -2), SLANTED, 2 * np.sqrt(2)),
        (CUBE, (0.99, 3, 0.99), (0, -1, 0), 2),
        (DRUM, (4, 0, 0), (-1, 0, 0), 3),
        (DRUM, (0.5, 0, 5), (0.001, 0, -1), 3),  # its lid is flat
        (DRUM, (4, 0, 2.1), (-1, 0, 0), FAR),
    ],
)
def test_a_ray_meets_a_solid_where_geometry_says(
    solid: Primitive, start: tuple[float, ...], way: tuple[float, ...], distance: float
) -> None:
    assert _distance(solid, start, way) == pytest.approx(distance, rel=1e-5)


def test_a_solid_that_is_turned_and_stretched_is_met_at_its_own_edge() -> None:
    long = ellipsoid((0, 0, 0), (3, 1, 1), GREY, rotation=turn(np.pi / 2))
    assert _distance(long, (0, 9, 0), (0, -1, 0)) == pytest.approx(6, rel=1e-5)
    assert _distance(long, (9, 0, 0), (-1, 0, 0)) == pytest.approx(8, rel=1e-5)


def test_what_the_clip_plane_takes_away_lets_rays_through() -> None:
    bowl = ellipsoid((0, 0, 0), (1, 1, 1), GREY, clip=(0, 0, -1, 0))  # only z < 0 is there
    assert _distance(bowl, (0, 0, 5), (0, 0, -1)) == pytest.approx(6, rel=1e-5)
    assert _distance(BALL, (0, 0, 5), (0, 0, -1)) == pytest.approx(4, rel=1e-5)
    assert BALL.clip == NO_CLIP


@pytest.mark.parametrize(
    ("way", "distance", "side"),
    [
        ((0, 0, -1), 1.5, 0),
        ((0, 1, 0), 5, 1),
        ((0, -1, 0), 5, 2),
        ((1, 0, 0), 4, 3),
        ((-1, 0, 0), 4, 4),
        ((0, 0, 1), 1.5, 5),
    ],
)
def test_a_ray_leaves_the_stage_on_the_side_it_goes_to(
    way: tuple[float, ...], distance: float, side: int
) -> None:
    far, where = intersection.shell(EXTENT, *vector([0, 0, 1.5]), *vector(way))
    assert where == side
    assert far == pytest.approx(distance)


@pytest.mark.parametrize("solid", [BALL, CUBE, DRUM])
def test_a_surface_faces_the_eye(solid: Primitive) -> None:
    rows = Geometry([solid], [GREY] * 6).solids
    normal = intersection.surface_at(rows, 0, *vector([1, 0, 0]), *vector([-1, 0, 0]))[:3]
    assert normal == pytest.approx((1, 0, 0), abs=1e-6)
    from_within = intersection.surface_at(rows, 0, *vector([1, 0, 0]), *vector([1, 0, 0]))[:3]
    assert from_within == pytest.approx((-1, 0, 0), abs=1e-6)


def _blend(texture: Texture, u: float, v: float) -> float:
    material = Material(part="cloth", color=(0, 0, 0), texture=texture, scale=0.5)
    look = Geometry([], [material] * 6).look
    return float(raycaster._texture(look, 0, np.float32(u), np.float32(v)))


def test_textures_alternate_with_their_period() -> None:
    assert [_blend(Texture.PLAIN, u, 0.1) for u in (0.1, 0.6)] == [0, 0]
    assert [_blend(Texture.CHECKER, u, 0.1) for u in (0.1, 0.6, 1.1)] == [0, 1, 0]
    assert _blend(Texture.CHECKER, 0.6, 0.6) == 0
    assert [_blend(Texture.STRIPES, u, 9.0) for u in (0.1, 0.3, 0.6)] == [0, 1, 0]
    assert [_blend(Texture.GRADIENT, 0, v) for v in (-1, 0.25, 1)] == [0, 0.5, 1]
    # A brick's joints: mortar, which is the second colour, at its lower edge.
    assert _blend(Texture.BRICKS, 0.3, 0.01) == 1
    assert _blend(Texture.BRICKS, 0.3, 0.15) < 1


def test_boxes_are_in_the_cells_they_touch_and_in_no_other() -> None:
    chance = np.random.default_rng(0)
    low = chance.integers(-3, 7, (20, 2)).astype(np.int32)
    high = low + chance.integers(0, 4, (20, 2)).astype(np.int32)
    columns, rows = 6, 5
    starts, items = sort_into_cells(low, high, columns, rows)
    for row in range(rows):
        for column in range(columns):
            cell = row * columns + column
            here = np.array([column, row])
            touching = ((low <= here) & (here <= high)).all(axis=1)
            assert set(items[starts[cell] : starts[cell + 1]]) == set(np.flatnonzero(touching))
    assert len(items) == starts[-1]


def test_the_commonest_vote_wins_and_the_first_of_equals() -> None:
    def winner(*votes: int) -> int:
        return int(raycaster._commonest(np.array(votes, np.int32), len(votes)))

    assert winner(3, 5, 5, 1) == 5
    assert winner(2, 7) == 2
    assert winner(4) == 4


def _view(forward: Floats, up: Floats) -> Floats:
    """A camera in the stage's middle with a right angle of view: position, right, up, forward."""
    return np.stack([vector([0, 0, 1.5]), np.cross(forward, up).astype(np.float32), up, forward])


def test_rays_go_right_and_up_as_the_camera_is_held() -> None:
    camera = _view(vector([0, 1, 0]), vector([0, 0, 1]))
    half = np.sqrt(0.5)
    right = raycaster._ray(camera, np.float32(1), np.float32(0))
    assert right == pytest.approx((half, half, 0), abs=1e-6)
    above = raycaster._ray(camera, np.float32(0), np.float32(1))
    assert above == pytest.approx((0, half, half), abs=1e-6)
