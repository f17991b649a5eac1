import pytest
from tests.soundstage.places.scenes import place_called, seen_at, standing_room, table_top

PLACE = place_called("living room")


def test_props_stand_on_the_table_and_nothing_stands_in_the_cameras_way() -> None:
    for side in (-1, 1):
        assert table_top(PLACE, side) == pytest.approx(PLACE.table, abs=0.031)
    assert standing_room(PLACE) > 3.5


def test_cutaways_find_the_fire_and_the_lamp() -> None:
    assert seen_at(PLACE, 0)[1] == "fire"
    assert seen_at(PLACE, 1)[1] == "lamp"


def test_fire_and_lamp_glow_and_the_books_do_not() -> None:
    glowing = {solid.material.part for solid in PLACE.solids if solid.material.glow}
    assert glowing == {"fire", "lamp", "window"}
