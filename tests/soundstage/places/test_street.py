import pytest
from tests.soundstage.places.scenes import place_called, seen_at, standing_room, table_top

from cut2next.soundstage.palette import WALLS

PLACE = place_called("street")


def test_props_stand_on_the_table_and_nothing_stands_in_the_cameras_way() -> None:
    for side in (-1, 1):
        assert table_top(PLACE, side) == pytest.approx(PLACE.table, abs=0.001)
    assert standing_room(PLACE) > 3.5


def test_cutaways_find_the_sign_and_the_van() -> None:
    assert seen_at(PLACE, 0)[1] == "sign"
    assert seen_at(PLACE, 1)[1] == "van"


def test_the_leads_stand_at_a_high_table_under_the_sky() -> None:
    assert PLACE.outside
    assert not PLACE.seated
    assert PLACE.table == 1.02
    assert {material.part for material in PLACE.shell[1:]} == {"sky"}


def test_only_one_house_has_the_paint_of_the_place() -> None:
    facades = [solid for solid in PLACE.solids if solid.material.part == "walls"]
    painted = [solid for solid in facades if solid.material.color == WALLS[PLACE.walls]]
    assert 0 < len(painted) < len(facades)
