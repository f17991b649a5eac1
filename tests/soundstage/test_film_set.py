from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soundstage.sets import SMALL, film_set, object_ids, setup_of, share

from cut2next.soundstage.film_set import OWNERS, FilmSet, build_set
from cut2next.soundstage.lighting import HOURS, lights_for
from cut2next.soundstage.places import PLACES
from cut2next.soundstage.primitives import Geometry, vector
from cut2next.soundstage.render import Illumination, View, render

SEEDS = st.integers(0, 2**31)


@given(SEEDS)
def test_a_seed_is_a_set(seed: int) -> None:
    first, second = build_set(seed), build_set(seed)
    assert (first.place.name, first.cast, first.hour, first.grade) == (
        (second.place.name, second.cast, second.hour, second.grade)
    )
    assert np.array_equal(first.geometry.solids, second.geometry.solids)
    assert np.array_equal(first.geometry.look, second.geometry.look)


def test_a_setup_shot_again_is_the_same_picture() -> None:
    first, second = build_set(3), build_set(3)
    for name in ("two", "close up a"):
        pictures = [
            shot_on.picture(setup_of(shot_on, name), SMALL) for shot_on in (first, second, first)
        ]
        assert np.array_equal(pictures[0], pictures[1])
        assert np.array_equal(pictures[0], pictures[2])


def test_other_seeds_are_other_sets() -> None:
    sets = map(build_set, range(50))
    differences = {(drawn.place.name, drawn.cast, drawn.hour, drawn.grade) for drawn in sets}
    assert len(differences) == 50


@given(SEEDS)
def test_nobody_in_a_cast_is_taken_for_another(seed: int) -> None:
    cast = build_set(seed).cast
    assert len({person.name for person in cast}) == len(cast) >= 2
    assert len({person.look.hair for person in cast}) == len(cast)
    assert len({person.look.top_color for person in cast}) == len(cast)


@pytest.mark.parametrize("place", PLACES)
def test_the_four_sides_of_a_place_look_different(place: str) -> None:
    empty = film_set(1, place=place).place
    geometry = Geometry(empty.solids, empty.shell)
    lights = lights_for(HOURS["day"], front=1.0, key_side=1.0, table=empty.table)
    light = Illumination(geometry, empty.extent, lights)
    sides = []
    for x, y in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        axes = np.stack([vector([y, -x, 0]), vector([0, 0, 1]), vector([x, y, 0])])
        view = View(position=vector([0, 0, 1.5]), axes=axes, tangent=0.4)
        sides.append(render(geometry, empty.extent, view, light, (60, 25), 1)[0])
    assert len(set(empty.behind.values())) == 4
    for at, side in enumerate(sides):
        for other in sides[:at]:
            assert np.abs(side - other).mean() > 0.05 * side.mean()


@given(SEEDS)
def test_the_reverse_shot_has_another_side_of_the_stage_behind_it(seed: int) -> None:
    shot_on = build_set(seed)
    sides = [setup_of(shot_on, f"medium close up {who}").side for who in "ab"]
    assert set(sides) == {"east", "west"}


# The least share of the picture that was seen over hundreds of sets is a little higher.
LEAST = {
    "wide": 0.02,
    "above": 0.01,
    "two": 0.05,
    "medium close up": 0.12,
    "close up": 0.15,
    "over shoulder": 0.04,
    "profile": 0.09,
    "below": 0.05,
    "overhead": 0.07,
    "listener": 0.13,
    "insert": 0.02,
}


@pytest.mark.parametrize("size", [SMALL, (96, 54)])
@pytest.mark.parametrize("place", PLACES)
def test_the_subject_takes_up_its_part_of_the_picture(place: str, size: tuple[int, int]) -> None:
    shot_on = film_set(PLACES.index(place), place=place, aspect=size[0] / size[1])
    for setup in shot_on.setups:
        ids = object_ids(shot_on, setup, size)
        for owner in setup.subjects:
            if not owner.startswith("feature") and not _sunken(shot_on, owner):
                least = next(least for name, least in LEAST.items() if setup.name.startswith(name))
                assert share(shot_on, ids, owner) > least, (setup.name, owner)


def _sunken(shot_on: FilmSet, owner: str) -> bool:
    """The park's table top is higher than where props stand, and hides most of a letter."""
    letters = [f"prop{at}" for at, prop in enumerate(shot_on.props) if prop.name == "letter"]
    return shot_on.place.name == "park" and owner in letters


@pytest.mark.parametrize("seed", range(4))
def test_object_ids_name_what_is_there(seed: int) -> None:
    shot_on = film_set(seed)
    seen = set()
    for setup in shot_on.setups:
        ids = object_ids(shot_on, setup)
        assert ids.shape == SMALL[::-1]
        assert ids.min() >= 0
        assert ids.max() < len(shot_on.geometry.parts)
        seen |= {shot_on.geometry.parts[at] for at in np.unique(ids)}
    for owner in OWNERS[: len(shot_on.cast)]:
        assert {f"{owner}.skin", f"{owner}.hair", f"{owner}.top", f"{owner}.trousers"} <= seen
    assert {"prop0", "prop1", "floor"} <= seen


@pytest.mark.parametrize("size", [(192, 80), (128, 72), (96, 54)])
def test_pictures_have_the_size_asked_for(size: tuple[int, int]) -> None:
    shot_on = film_set(5, aspect=size[0] / size[1])
    assert shot_on.picture(setup_of(shot_on, "two"), size, 1).shape == (*size[::-1], 3)


@pytest.mark.parametrize(("aspect", "most"), [(2.4, 0.0), (16 / 9, 0.01)])
def test_singles_of_leads_do_not_cut_through_the_head_of_the_third(
    aspect: float, most: float
) -> None:
    sets = [drawn for seed in range(60) if len((drawn := build_set(seed, aspect=aspect)).cast) > 2]
    framed = [
        _framed_share(shot_on, setup.view)
        for shot_on in sets
        for setup in shot_on.setups
        if setup.subjects in (("a",), ("b",))
    ]
    assert len(framed) > 250
    assert sum(0 < share < 1 for share in framed) <= most * len(framed)
    assert max(framed) == 1


def _framed_share(shot_on: FilmSet, view: View) -> float:
    """How many of the third's head's outermost points are in frame, whatever hides them."""
    signs = np.array(list(product((-0.13, 0.13), (-0.13, 0.13), (-0.17, 0.17))), np.float32)
    right, up, forward = view.axes @ (shot_on.cast[2].eyes + signs - view.position).T
    reach = forward * view.tangent
    return float(((abs(right) < reach * shot_on.aspect) & (abs(up) < reach)).mean())
