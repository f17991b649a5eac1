import numpy as np
import pytest

from cut2next.soundstage.places.place import Wall
from cut2next.soundstage.primitives import Material, box, vector

EXTENT = vector([5, 4, 3])
CRATE = box((1.0, -0.5, 0.3), (0.4, 0.2, 0.3), Material(part="crate", color=(1, 1, 1)))


@pytest.mark.parametrize(
    ("side", "center", "half"),
    # Facing each side, `along` runs to the right: east on the north side, south on the east side.
    [
        ("north", (1, 3.5, 0.3), (0.4, 0.2, 0.3)),
        ("east", (4.5, -1, 0.3), (0.2, 0.4, 0.3)),
        ("south", (-1, -3.5, 0.3), (0.4, 0.2, 0.3)),
        ("west", (-4.5, 1, 0.3), (0.2, 0.4, 0.3)),
    ],
)
def test_a_side_is_dressed_from_left_to_right(
    side: str, center: tuple[float, ...], half: tuple[float, ...]
) -> None:
    (crate,) = Wall(side, EXTENT).place([CRATE])
    assert crate.center == pytest.approx(center, abs=1e-5)
    assert np.abs(crate.rotation) @ crate.radii == pytest.approx(half, abs=1e-5)
    assert Wall(side, EXTENT).at(1.0, 0.3, 0.5) == pytest.approx(center, abs=1e-5)
