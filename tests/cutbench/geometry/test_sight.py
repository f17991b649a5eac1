import numpy as np
import pytest
from tests.cutbench.geometry.faces import face

from cut2next.cutbench.geometry.sight import Face, apart, pairs, turned


def of(*numbers: float) -> Face:
    return Face(box=(0, 0, 1, 1), yaw=0, who=np.array(numbers, np.float32))


def test_the_likest_are_a_pair_and_nobody_is_in_two() -> None:
    first, second = [of(0.0), of(1.0)], [of(0.9), of(0.45), of(5.0)]
    assert pairs(first, second, 0.5) == [(first[1], second[0]), (first[0], second[1])]
    assert pairs(first, second, 0.2) == [(first[1], second[0])]


def test_a_face_without_a_vector_is_nobodys() -> None:
    assert apart(face(None), face(0)) is None
    assert apart(face(0), face(1)) == pytest.approx(2**0.5)


def test_a_head_tells_how_far_two_cameras_are_apart() -> None:
    assert turned(face(0, yaw=-20), face(0, yaw=25)) == pytest.approx(45)
    above = Face(box=(0, 0, 1, 1), yaw=0, pitch=40)
    assert turned(face(0), above) == pytest.approx(40)


def test_a_back_is_no_face() -> None:
    assert face(0, yaw=-130).is_back
    assert not face(0, yaw=90).is_back
