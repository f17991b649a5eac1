from dataclasses import replace

import numpy as np
import pytest
from tests.cutbench.soundstage.stage import SMALL, case
from tests.soundstage.sets import setup_of

from cut2next.cutbench.soundstage.look import LEAST_PIXELS, PALETTES, Region, regions
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.palette import HAIR
from cut2next.soundstage.repertoire import repertoire_named


def _regions(film_set: FilmSet, setup: Setup) -> dict[str, Region]:
    _, ids = film_set.light(setup, SMALL, 1)
    return {region.part: region for region in regions(film_set, setup, ids, SMALL, 1)}


@pytest.mark.parametrize("hair", HAIR)
def test_a_paint_tried_on_everything_at_once_looks_as_it_does_alone(hair: str) -> None:
    film_set = case(0).film_set
    setup = setup_of(film_set, "close up b")
    region = _regions(film_set, setup)["b.hair"]
    person = film_set.cast[1]
    dyed = replace(person, look=replace(person.look, hair=hair))
    alone = replace(film_set, cast=(film_set.cast[0], dyed, *film_set.cast[2:]))
    mean = alone.picture(setup, SMALL, 1)[region.mask].mean(axis=0)
    assert region.colors[hair] == pytest.approx(mean, abs=1e-3)


@pytest.mark.parametrize("number", range(3))
def test_regions_are_what_the_set_says(number: int) -> None:
    film_set = case(number).film_set
    judged = _regions(film_set, setup_of(film_set, "medium close up a"))
    look = film_set.cast[0].look
    for part, paint in (("a.skin", look.skin), ("a.top", look.top_color)):
        assert judged[part].paint == paint
    for part, region in judged.items():
        assert list(region.colors) == list(PALETTES[part.split(".")[-1]])
        assert region.mask.sum() >= LEAST_PIXELS
        assert region.mask.shape == SMALL[::-1]


def test_a_region_is_a_pixel_away_from_every_other_part() -> None:
    film_set = case(0).film_set
    setup = setup_of(film_set, "close up a")
    _, ids = film_set.light(setup, SMALL, 1)
    for part, region in _regions(film_set, setup).items():
        number = film_set.geometry.parts.index(part)
        for row, column in np.argwhere(region.mask):
            around = ids[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            assert (around == number).all()


def test_a_facade_that_keeps_its_colour_is_left_out() -> None:
    for seed in range(30):
        film_set = build_set(seed, repertoire=repertoire_named("street"))
        setup = next(setup for setup in film_set.setups if setup.side == "south")
        _, ids = film_set.light(setup, SMALL, 1)
        seen = ids == film_set.geometry.parts.index("walls")
        judged = _regions(film_set, setup).get("walls")
        if judged is not None and judged.mask.sum() < 0.5 * seen.sum():
            return
    pytest.fail("no view of the row of houses")
