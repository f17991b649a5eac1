import pytest
from tests.soundstage.places.scenes import parts, place_called, seen_at, standing_room, table_top

PLACE = place_called("park")


def test_props_stand_on_the_table_and_nothing_stands_in_the_cameras_way() -> None:
    for side in (-1, 1):
        assert table_top(PLACE, side) == pytest.approx(PLACE.table, abs=0.001)
    assert standing_room(PLACE) > 3.5


def test_cutaways_find_the_fountain_and_the_kiosk() -> None:
    before, part = seen_at(PLACE, 0)
    assert part == "furniture"
    assert before == pytest.approx(0.16, abs=0.01)  # half of its column
    assert seen_at(PLACE, 1)[1] == "window"  # the hatch


def test_the_leads_sit_on_benches_in_the_open() -> None:
    assert PLACE.outside
    assert PLACE.seated
    benches = [solid for solid in PLACE.solids if abs(abs(solid.center[0]) - 0.82) < 1e-6]
    assert {solid.material.part for solid in benches} == {"accent"}
    assert len(benches) == 4


def test_it_is_green_all_around() -> None:
    assert {"hedge", "tree", "water"} <= parts(PLACE)
