import pytest
from tests.soundstage.places.scenes import parts, place_called, seen_at, standing_room, table_top

PLACE = place_called("office")


def test_props_stand_on_the_table_and_nothing_stands_in_the_cameras_way() -> None:
    for side in (-1, 1):
        assert table_top(PLACE, side) == pytest.approx(PLACE.table, abs=0.011)
    assert standing_room(PLACE) > 3.5


def test_cutaways_find_the_whiteboard_and_the_skyline() -> None:
    assert seen_at(PLACE, 0)[1] == "board"
    assert seen_at(PLACE, 1)[1] == "window"
    assert "skyline" in parts(PLACE)


def test_the_towers_stand_before_the_glass() -> None:
    """East is +x: what the towers are of is nearer to the middle than the pane."""
    east = {"skyline": 9.0, "window": 9.0}
    for solid in PLACE.solids:
        if solid.material.part in east and solid.center[0] > 4:
            face = float(solid.center[0] - solid.radii[1])
            east[solid.material.part] = min(east[solid.material.part], face)
    assert east["skyline"] <= east["window"] < PLACE.extent[0]
