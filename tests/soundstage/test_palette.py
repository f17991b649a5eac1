from itertools import combinations

import numpy as np
import pytest

from cut2next.soundstage.palette import CLOTHES, HAIR, RGB, SKIN, WALLS, linear


@pytest.mark.parametrize(
    ("code", "light"),
    # IEC 61966-2-1: sRGB 188 is half the light, 118 the painter's middle grey of 18 %.
    [("000000", 0.0), ("ffffff", 1.0), ("bcbcbc", 0.503), ("767676", 0.181), ("404040", 0.0513)],
)
def test_codes_are_srgb(code: str, light: float) -> None:
    assert linear(code) == pytest.approx((light,) * 3, abs=1e-3)


def test_channels_are_in_order() -> None:
    assert linear("ff0000") == (1, 0, 0)
    assert linear("0000ff") == (0, 0, 1)


@pytest.mark.parametrize("palette", [HAIR, SKIN, CLOTHES, WALLS])
def test_no_paint_of_a_palette_is_taken_for_another(palette: dict[str, RGB]) -> None:
    for first, second in combinations(palette.values(), 2):
        assert np.abs(np.sqrt(first) - np.sqrt(second)).max() > 0.04
