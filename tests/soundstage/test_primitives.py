import numpy as np
import pytest

from cut2next.soundstage.primitives import (
    Geometry,
    Material,
    Primitive,
    Texture,
    box,
    cylinder,
    ellipsoid,
    limb,
    turn,
    vector,
)

RED = Material(part="ball", color=(0.8, 0.1, 0.1))
WALL = Material(part="walls", color=(0.5, 0.5, 0.5), color2=(1, 1, 1), texture=Texture.CHECKER)


def _solid_row(solid: Primitive) -> list[float]:
    return [float(number) for number in Geometry([solid], [WALL] * 6).solids[0]]


def test_a_quarter_turn_is_counter_clockwise_from_above() -> None:
    assert turn(np.pi / 2) @ vector([0, 1, 0]) == pytest.approx([-1, 0, 0], abs=1e-6)
    assert turn(0, np.pi / 2) @ vector([0, 1, 0]) == pytest.approx([0, 0, 1], abs=1e-6)


def test_a_head_is_raised_before_it_is_turned() -> None:
    assert turn(np.pi / 2, np.pi / 2) @ vector([0, 1, 0]) == pytest.approx([0, 0, 1], abs=1e-6)


def test_a_thing_is_carried_along_with_what_it_is_part_of() -> None:
    nose = box((0, 1, 0), (0.1, 0.2, 0.3), RED).moved(turn(np.pi / 2), vector([5, 0, 1]))
    assert nose.center == pytest.approx([4, 0, 1], abs=1e-6)
    # what pointed along y points along -x
    assert nose.rotation[:, 1] == pytest.approx([-1, 0, 0], abs=1e-6)
    assert np.array_equal(nose.radii, vector([0.1, 0.2, 0.3]))


@pytest.mark.parametrize("end", [(0, 0, 2), (2, 0, 0), (1, 1, 1)])
def test_a_limb_reaches_a_little_past_both_joints(end: tuple[float, float, float]) -> None:
    bone = limb((0, 0, 0), end, 0.1, RED)
    along = vector(end) / np.linalg.norm(end)
    assert bone.center == pytest.approx(vector(end) / 2)
    assert bone.rotation[:, 2] == pytest.approx(along, abs=1e-6)
    assert np.linalg.det(bone.rotation) == pytest.approx(1, abs=1e-5)
    assert bone.radii[2] == pytest.approx(np.linalg.norm(end) / 2 + 0.07)


@pytest.mark.parametrize("make", [ellipsoid, box, cylinder])
def test_a_row_maps_a_solids_edge_to_one(make: type) -> None:
    solid: Primitive = make((1, 2, 3), (0.5, 1.0, 2.0), RED, rotation=turn(0.3, 0.2))
    row = _solid_row(solid)
    to_unit = np.reshape(row[4:13], (3, 3))
    for axis in range(3):
        tip = solid.center + solid.rotation[:, axis] * solid.radii[axis]
        assert to_unit @ (tip - np.array(row[1:4])) == pytest.approx(np.eye(3)[axis], abs=1e-5)


def test_the_bounding_sphere_holds_the_solid() -> None:
    assert _solid_row(ellipsoid((0, 0, 0), (1, 2, 3), RED))[20] == pytest.approx(9)
    assert _solid_row(box((0, 0, 0), (1, 2, 2), RED))[20] == pytest.approx(9)  # half a diagonal
    assert _solid_row(cylinder((0, 0, 0), (3, 1, 4), RED))[20] == pytest.approx(25)  # 3-4-5


def test_ids_number_the_parts_of_solids_and_stage() -> None:
    pair = [ellipsoid((0, 0, 0), (1, 1, 1), RED), ellipsoid((3, 0, 0), (1, 1, 1), RED)]
    geometry = Geometry(pair, [WALL] * 6)
    assert geometry.parts == ["ball", "walls"]
    assert geometry.part_of.tolist() == [0, 0, 1, 1, 1, 1, 1, 1]
    assert geometry.look.shape == (8, 10)
    assert geometry.look[2, 3:7].tolist() == [1, 1, 1, Texture.CHECKER]


def test_a_shade_stays_a_colour() -> None:
    assert RED.shade(0.5).color == pytest.approx((0.4, 0.05, 0.05))
    assert max(RED.shade(9).color) == 1
    assert RED.shade(0.5).part == RED.part
