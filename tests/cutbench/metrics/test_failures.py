import numpy as np
import pytest

from cut2next.cutbench.metrics.failures import (
    is_identity_drift,
    is_incoherence,
    is_static_cut,
)
from cut2next.cutbench.metrics.nearness import apart, nearest, softened


def test_a_static_cut_is_nearer_to_the_current_shot() -> None:
    current, following = np.zeros((4, 4, 3), np.float32), np.ones((4, 4, 3), np.float32)
    assert is_static_cut(current + np.float32(0.4), current, following)
    assert not is_static_cut(current + np.float32(0.6), current, following)


@pytest.mark.parametrize(
    ("camera", "look", "drift"),
    [(True, 0.79, True), (True, 0.8, False), (True, 1.0, False), (False, 0.0, False)],
)
def test_drift_needs_the_right_camera(camera: bool, look: float, drift: bool) -> None:
    assert is_identity_drift(camera=camera, look=look) == drift


@pytest.mark.parametrize(
    ("camera", "static", "look", "incoherent"),
    [
        (False, False, 0.8, True),
        (False, False, 0.7, False),
        (False, True, 1.0, False),
        (True, False, 1.0, False),
    ],
)
def test_incoherence_needs_the_wrong_camera(
    camera: bool, static: bool, look: float, incoherent: bool
) -> None:
    found = is_incoherence(camera=camera, static_cut=static, shown_look=look)
    assert found == incoherent


def test_of_equally_near_pictures_the_asked_one_is_taken() -> None:
    picture = np.zeros((4, 4, 3), np.float32)
    assert nearest(picture, {"one": picture, "asked": picture}, "asked") == "asked"


def test_softening_forgives_an_edge_that_is_a_pixel_off() -> None:
    edge = np.zeros((80, 192, 3), np.uint8)
    edge[:, 96:] = 255
    off = np.roll(edge, 1, axis=1)
    blurred = apart(softened(edge), softened(off))
    assert blurred < 0.5 * float(np.square(edge / 255.0 - off / 255.0).mean())
