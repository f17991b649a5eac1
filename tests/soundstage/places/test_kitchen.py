import pytest
from tests.soundstage.places.scenes import parts, place_called, seen_at, standing_room, table_top

PLACE = place_called("kitchen")


def test_props_stand_on_the_table_and_nothing_stands_in_the_cameras_way() -> None:
    for side in (-1, 1):
        assert table_top(PLACE, side) == pytest.approx(PLACE.table, abs=0.011)
    assert standing_room(PLACE) > 3.5


def test_cutaways_find_the_clock_and_the_pot() -> None:
    assert seen_at(PLACE, 0)[1] == "clock"
    # The pot's middle, a hand under the spot: between the spot and the wall, on the stove.
    before, part = seen_at(PLACE, 1, lower=0.13)
    assert part == "furniture"
    assert before == pytest.approx(0.47, abs=0.01)


def test_it_is_tiled_behind_the_clock() -> None:
    assert "tiles" in parts(PLACE)
    assert PLACE.behind["west"] == "tiles, a door and a clock"
