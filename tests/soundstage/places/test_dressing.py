"""Things before a wall at y = 0 with the stage at -y; nothing may stick through it."""

import numpy as np
import pytest

from cut2next.soundstage import palette as paint
from cut2next.soundstage.places import dressing
from cut2next.soundstage.primitives import Primitive, Texture

COLOR, ACCENT = paint.LEAF, paint.METAL
ON_A_WALL = {
    "window": dressing.window(0.5, 1.5, 1.6, 1.8, COLOR),
    "door": dressing.door(0.5, COLOR),
    "clock": dressing.clock(0.5, 2.0, 0.3),
    "picture": dressing.picture(0.5, 1.8, 0.9, 0.7, COLOR, ACCENT),
    "shelf": dressing.shelf(0.5, 1.2, 2.0, dressing.books(9, 2), 0.3),
}
ON_THE_FLOOR = {
    "plant": dressing.plant(0, -1, 1.0),
    "tree": dressing.tree(0, -2, 4.0, COLOR),
    "chairs": dressing.chairs(COLOR, 0.8),
    "round table": dressing.round_table(COLOR, 0.75, 0.5),
    "square table": dressing.square_table(COLOR, 0.75, 0.5, 0.4),
}


def _bounds(solids: list[Primitive]) -> tuple[list[float], list[float]]:
    """Lowest and highest coordinates of what the solids are in."""
    reach = [np.abs(solid.rotation) @ solid.radii for solid in solids]
    low = np.min([solid.center - half for solid, half in zip(solids, reach, strict=True)], axis=0)
    high = np.max([solid.center + half for solid, half in zip(solids, reach, strict=True)], axis=0)
    return [float(number) for number in low], [float(number) for number in high]


@pytest.mark.parametrize("name", ON_A_WALL)
def test_what_hangs_on_a_wall_touches_it_and_stays_before_it(name: str) -> None:
    low, high = _bounds(ON_A_WALL[name])
    assert -0.02 < high[1] <= 1e-6
    assert -0.6 < low[1] < 0
    # hung about the place it was hung at
    assert (low[0] + high[0]) / 2 == pytest.approx(0.5, abs=0.16)


@pytest.mark.parametrize("name", ON_THE_FLOOR)
def test_what_stands_on_the_floor_reaches_it(name: str) -> None:
    low, _ = _bounds(ON_THE_FLOOR[name])
    assert low[2] == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("name", ["round table", "square table"])
def test_a_table_is_as_high_as_asked(name: str) -> None:
    low, high = _bounds(ON_THE_FLOOR[name])
    assert high[2] == pytest.approx(0.75, abs=1e-6)
    assert (low[0], high[0]) == pytest.approx((-0.5, 0.5), abs=1e-6)


def test_a_house_has_a_door_and_five_windows_that_look_at_the_stage() -> None:
    house = dressing.house(0.0, 3.0, 5.0, COLOR, ACCENT)
    facade, panes = house[0], [solid for solid in house if solid.material.part == "window"]
    assert len(panes) == 5
    (door,) = [solid for solid in house if solid.material.part == "accent"]
    face = facade.center[1] - facade.radii[1]
    assert all(solid.center[1] - solid.radii[1] < face for solid in (*panes, door))
    assert door.center[2] == door.radii[2]  # it stands on the ground


def test_chairs_face_each_other() -> None:
    left, right = (
        [
            solid.center * (side, 1, 1)
            for solid in ON_THE_FLOOR["chairs"]
            if solid.center[0] * side > 0
        ]
        for side in (-1, 1)
    )
    assert len(left) == len(right)
    # The legs alone stand a little aside.
    assert np.allclose(left[:2], right[:2])


def test_a_shelf_has_a_thing_of_each_colour() -> None:
    colors = [paint.CREAM, paint.BRICK, paint.LEAF]
    board, *things = dressing.shelf(0, 1.0, 1.5, colors, 0.3)
    assert [thing.material.color for thing in things] == colors
    lefts = [float(thing.center[0]) for thing in things]
    assert lefts == sorted(lefts)
    board_top = board.center[2] + board.radii[2]
    assert all(thing.center[2] - thing.radii[2] < board_top for thing in things)


def test_books_are_shuffled_by_their_shift_alone() -> None:
    assert dressing.books(6, 0) == dressing.books(6, 6)
    assert dressing.books(6, 0) != dressing.books(6, 1)
    assert len(set(dressing.books(6, 0))) == 6


def test_only_windows_and_lamps_glow() -> None:
    assert dressing.pane(COLOR, ACCENT, 1.0).glow > 0
    assert dressing.lamp_glass("ffffff", 0.7).glow == 0.7
    assert dressing.matte("x", COLOR).glow == dressing.furniture(COLOR).glow == 0
    assert dressing.bricks(0.5).texture is Texture.BRICKS
