import numpy as np
import pytest

from cut2next.soundstage.primitives import NO_CLIP, vector
from cut2next.soundstage.props import COLORS, PROPS, build_prop

EVERY = [(name, color) for name, colors in PROPS for color in colors]
TABLE = vector([0.3, -0.2, 0.75])


@pytest.mark.parametrize(("name", "color"), EVERY)
def test_a_prop_stands_on_the_table_where_it_is_put(name: str, color: str) -> None:
    solids = build_prop(name, color, TABLE, "prop1")
    assert {solid.material.part for solid in solids} == {"prop1"}
    assert any(solid.material.color == COLORS[color] for solid in solids)
    for solid in solids:
        # half of the box that holds the turned solid
        reach = np.abs(solid.rotation * solid.radii).sum(axis=1)
        low, high = solid.center - TABLE - reach, solid.center - TABLE + reach
        bottom = low[2] if solid.clip == NO_CLIP else 0  # the telephone's lower half is cut off
        assert bottom > -0.01, "sunk into the table"
        assert high[2] < 0.35
        assert np.abs([low[:2], high[:2]]).max() < 0.2


def test_a_colour_changes_nothing_else() -> None:
    red, blue = (build_prop("mug", color, TABLE, "prop0") for color in ("red", "blue"))
    assert len(red) == len(blue)
    for first, second in zip(red, blue, strict=True):
        assert np.array_equal(first.center, second.center)
        assert np.array_equal(first.radii, second.radii)


def test_props_have_names_and_colours_of_their_own() -> None:
    assert len(dict(PROPS)) == len(PROPS)
    assert {color for _, color in EVERY} == set(COLORS)
