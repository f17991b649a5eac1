from math import cos, radians, sin

import pytest

from cut2next.cutbench.geometry.pose import yaw_of


def seen(yaw: float, roll: float = 0.0) -> list[tuple[float, float]]:
    """Points of a head, turned by degrees to the picture's right, then tilted, from far away."""
    # x to the picture's right, y down, z to the camera; eyes, nose, mouth, ears.
    head = [(-3, -3, 7), (3, -3, 7), (0, 0, 9.6), (0, 4, 8), (-8, 0, 0), (8, 0, 0)]
    one, tilt = radians(yaw), radians(roll)
    turned = [(x * cos(one) + z * sin(one), y) for x, y, z in head]
    return [(x * cos(tilt) - y * sin(tilt), x * sin(tilt) + y * cos(tilt)) for x, y in turned]


@pytest.mark.parametrize("yaw", [-60, -30, 0, 10, 45])
def test_a_turned_head_is_read(yaw: float) -> None:
    assert yaw_of(seen(yaw)) == pytest.approx(yaw, abs=1e-6)


@pytest.mark.parametrize("roll", [-25, 30])
def test_a_tilted_head_is_not_turned(roll: float) -> None:
    assert yaw_of(seen(0, roll)) == pytest.approx(0, abs=1e-6)
    assert yaw_of(seen(30, roll)) > 20
