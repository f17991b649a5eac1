import numpy as np
import pytest

from cut2next.soundstage.lighting import GRADES, HOURS, Hour, at_hour, develop, lights_for
from cut2next.soundstage.primitives import Floats, Material

WINDOW = Material(part="window", color=(0.4, 0.4, 0.4), color2=(0.5, 0.5, 0.5), glow=0.75)
LAMP = Material(part="lamp", color=(1.0, 0.9, 0.7), glow=1.0)
TABLE = 0.75


def _flat(level: float) -> Floats:
    """An evenly lit grey picture."""
    return np.full((41, 61, 3), level, np.float32)


@pytest.mark.parametrize("hour", HOURS.values(), ids=HOURS)
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_key_light_comes_from_its_side_at_its_elevation(hour: Hour, side: float) -> None:
    key = lights_for(hour, front=1.0, key_side=side, table=TABLE).key_direction
    assert np.linalg.norm(key) == pytest.approx(1, abs=1e-6)
    assert np.sign(key[0]) == side
    assert key[1] > 0  # before the actors, where the cameras are
    assert np.arcsin(key[2]) == pytest.approx(hour.elevation, abs=2e-3)


def test_the_other_side_of_the_axis_is_lit_by_its_mirror_image() -> None:
    near = lights_for(HOURS["day"], front=1.0, key_side=1.0, table=TABLE)
    far = lights_for(HOURS["day"], front=-1.0, key_side=1.0, table=TABLE)
    for name in ("key_direction", "fill_direction", "rim_direction"):
        assert getattr(near, name) * (1, -1, 1) == pytest.approx(getattr(far, name))


def test_the_rim_light_comes_from_behind_and_the_lamp_hangs_over_the_table() -> None:
    lights = lights_for(HOURS["lamplight"], front=1.0, key_side=1.0, table=TABLE)
    assert lights.rim_direction[1] < 0
    assert lights.rim_direction[0] * lights.key_direction[0] < 0
    assert lights.lamp_position[:2].tolist() == [0, 0]
    assert lights.lamp_position[2] > TABLE


def test_windows_follow_the_sky_and_lamps_the_hour() -> None:
    day, night = (at_hour(WINDOW, HOURS[hour]) for hour in ("day", "night"))
    assert night.color[0] < night.color[2] < day.color[2]
    assert day.glow == night.glow == WINDOW.glow
    assert at_hour(LAMP, HOURS["day"]).glow < LAMP.glow < at_hour(LAMP, HOURS["night"]).glow
    plain = Material(part="walls", color=(0.3, 0.3, 0.3))
    assert at_hour(plain, HOURS["night"]) is plain


@pytest.mark.parametrize("grade", GRADES)
def test_a_developed_picture_is_a_picture(grade: str) -> None:
    bright = develop(_flat(30.0), grade)
    assert bright.max() <= 1
    assert develop(_flat(0.0), grade).min() >= 0
    steps = [float(develop(_flat(level), grade)[20, 30].mean()) for level in (0.02, 0.1, 0.4, 1.5)]
    assert steps == sorted(steps)
    assert len(set(steps)) == 4


def test_a_natural_grade_keeps_grey_grey_and_darkens_the_corners() -> None:
    picture = develop(_flat(0.4), "natural")
    assert np.ptp(picture, axis=-1).max() < 1e-6
    assert picture[0, 0, 0] == picture[-1, -1, 0] < picture[20, 30, 0] == picture.max()


def test_grades_tint_as_they_are_called() -> None:
    red, _, blue = (develop(_flat(0.4), "warm")[20, 30, channel] for channel in range(3))
    assert red > blue
    red, _, blue = (develop(_flat(0.4), "cool")[20, 30, channel] for channel in range(3))
    assert red < blue
    shadow, highlight = (develop(_flat(x), "teal and orange")[20, 30] for x in (0.02, 2.0))
    assert shadow[0] < shadow[2]
    assert highlight[0] > highlight[2]
    color = _flat(0.3) * np.array([1, 0.3, 0.3], np.float32)
    faded, natural = (np.ptp(develop(color, grade)[20, 30]) for grade in ("faded", "natural"))
    assert faded < natural
