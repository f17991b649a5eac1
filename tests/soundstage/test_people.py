from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

from cut2next.soundstage.palette import CLOTHES, HAIR, SKIN
from cut2next.soundstage.people import (
    COMPANY,
    FACES,
    HAIR_CUTS,
    HEIGHTS,
    TOPS,
    Look,
    Person,
    build_person,
    draw_look,
    held_out_look,
)
from cut2next.soundstage.primitives import Primitive

ANNA = Person(
    name="Anna",
    look=COMPANY[0],
    mark=(0.0, 0.0),
    yaw=0.0,
    gaze=0.0,
    tilt=0.0,
    seated=False,
    gesture=False,
)


def _solids(person: Person) -> list[Primitive]:
    return build_person(person, "a")


def _mirrored(solids: list[Primitive]) -> set[tuple[float, ...]]:
    """Centres and sizes, the other way round along x."""
    return {
        tuple(np.round([-solid.center[0], *solid.center[1:], *solid.radii], 4) + 0.0)
        for solid in solids
    }


@pytest.mark.parametrize(("cut", "face", "top"), list(product(HAIR_CUTS, FACES, TOPS)))
def test_every_look_is_built_and_owned_and_the_same_from_left_and_right(
    cut: str, face: str, top: str
) -> None:
    look = replace(ANNA.look, hair_cut=cut, face=face, top=top)
    solids = _solids(replace(ANNA, look=look))
    assert all(solid.material.part.startswith("a.") for solid in solids)
    solids = [solid for solid in solids if not solid.material.glow]  # eyes shine on one side
    places = {tuple(np.round([*solid.center, *solid.radii], 4) + 0.0) for solid in solids}
    assert places == _mirrored(solids)


@pytest.mark.parametrize("seated", [False, True])
def test_feet_stand_on_the_floor_and_the_head_is_where_the_eyes_are(seated: bool) -> None:
    for height in HEIGHTS:
        person = replace(
            ANNA, look=replace(ANNA.look, height=height), seated=seated, mark=(1.0, -2.0), yaw=0.7
        )
        solids = _solids(person)
        shoes = [solid for solid in solids if solid.material.part == "a.shoes"]
        assert all(0 <= shoe.center[2] - shoe.radii[2] < 0.01 for shoe in shoes)
        head = max(
            (solid for solid in solids if solid.material.part == "a.skin"),
            key=lambda solid: float(solid.radii.prod()),
        )
        assert head.center == pytest.approx(person.eyes, abs=1e-5)


def test_people_differ_in_height_and_sit_lower() -> None:
    eyes = {
        height: replace(ANNA, look=replace(ANNA.look, height=height)).eyes[2] for height in HEIGHTS
    }
    assert eyes["short"] < eyes["average"] < eyes["tall"]
    assert replace(ANNA, seated=True).eyes[2] < eyes["short"]


def test_a_body_turns_with_its_yaw_and_a_head_with_its_gaze() -> None:
    def nose(person: Person) -> tuple[float, float]:
        """Where the tip of the nose is from the head's middle, in the plane."""
        tips = [solid.center - person.eyes for solid in _solids(person)]
        x, y, _ = next(
            tip for tip in tips if np.linalg.norm(tip) == pytest.approx(0.156, abs=0.002)
        )
        return round(float(x), 3), round(float(y), 3)

    assert nose(ANNA) == (0, 0.155)
    assert nose(replace(ANNA, yaw=np.pi / 2)) == (-0.155, 0)
    assert nose(replace(ANNA, gaze=-np.pi / 2)) == (0.155, 0)


def test_clothes_and_hair_have_the_colours_of_the_look() -> None:
    for look in COMPANY:
        colors = {solid.material.part: set[object]() for solid in _solids(replace(ANNA, look=look))}
        for solid in _solids(replace(ANNA, look=look)):
            colors[solid.material.part].add(solid.material.color)
        assert CLOTHES[look.top_color] in colors["a.top"]
        assert colors["a.hair"] == {HAIR[look.hair]}
        assert SKIN[look.skin] in colors["a.skin"]


def test_a_look_is_said_in_the_prompts_words() -> None:
    assert [look.short for look in COMPANY] == [
        "red bob, green sweater",
        "black crop, glasses, orange striped shirt",
        "long blond hair, blue jacket",
        "grey curls, beard, white jacket",
        "brown bun, hat, purple sweater",
    ]
    assert str(ANNA.character) == "<Anna> (red bob, green sweater)"


def test_looks_that_are_drawn_can_be_told_apart() -> None:
    chance = Random(0)
    for _ in range(50):
        looks: list[Look] = []
        for _ in range(3):
            looks.append(draw_look(chance, looks))
        assert len({look.hair for look in looks}) == len({look.top_color for look in looks}) == 3


def test_every_colour_is_taught_and_one_pair_in_nine_is_withheld() -> None:
    looks = [replace(COMPANY[0], hair=hair, top_color=top) for hair in HAIR for top in CLOTHES]
    withheld = [look for look in looks if held_out_look(look)]
    assert 9 * len(withheld) == len(looks)
    taught = [look for look in looks if not held_out_look(look)]
    assert {look.hair for look in taught} == set(HAIR)
    assert {look.top_color for look in taught} == set(CLOTHES)
    assert not any(held_out_look(look) for look in COMPANY)
