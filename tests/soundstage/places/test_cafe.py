import pytest
from tests.soundstage.places.scenes import place_called, seen_at, standing_room, table_top

PLACE = place_called("café")


def test_props_stand_on_the_table_and_nothing_stands_in_the_cameras_way() -> None:
    for side in (-1, 1):
        assert table_top(PLACE, side) == pytest.approx(PLACE.table, abs=0.011)
    assert standing_room(PLACE) > 3.5


def test_cutaways_find_the_clock_and_the_menu_board() -> None:
    for index, part, thickness in ((0, "clock", 0.13), (1, "menu", 0.10)):
        before, seen = seen_at(PLACE, index)
        assert seen == part
        assert before == pytest.approx(thickness, abs=0.01)


def test_the_leads_sit_on_chairs_of_the_accent_colour() -> None:
    assert PLACE.seated
    assert not PLACE.outside
    seats = [solid for solid in PLACE.solids if solid.material.part == "accent"]
    chairs = [solid for solid in seats if abs(solid.center[0]) < 1.2]
    assert {bool(chair.center[0] > 0) for chair in chairs} == {True, False}
