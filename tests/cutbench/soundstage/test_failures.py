import numpy as np
import pytest

from cut2next.cutbench.soundstage.failures import (
    is_identity_drift,
    is_incoherence,
    is_static_cut,
)


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
    assert is_incoherence(camera=camera, static_cut=static, shown_look=look) == incoherent
