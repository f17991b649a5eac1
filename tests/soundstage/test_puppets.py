from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from cut2next.soundstage.palette import CLOTHES, HAIR, SKIN
from cut2next.soundstage.people import COMPANY, FACES, HAIR_CUTS, HEIGHTS, TOPS, Person
from cut2next.soundstage.primitives import Primitive
from cut2next.soundstage.puppets import build_person

ANNA = Person(name="Anna", look=COMPANY[0], mark=(0.0, 0.0), yaw=0.0)


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
@pytest.mark.parametrize("lean", [0.0, 0.3])
def test_feet_stand_on_the_floor_and_the_head_is_where_the_eyes_are(
    seated: bool, lean: float
) -> None:
    for height in HEIGHTS:
        person = replace(
            ANNA,
            look=replace(ANNA.look, height=height),
            seated=seated,
            lean=lean,
            mark=(1.0, -2.0),
            yaw=0.7,
        )
        solids = _solids(person)
        shoes = [solid for solid in solids if solid.material.part == "a.shoes"]
        assert all(0 <= shoe.center[2] - shoe.radii[2] < 0.01 for shoe in shoes)
        head = max(
            (solid for solid in solids if solid.material.part == "a.skin"),
            key=lambda solid: float(solid.radii.prod()),
        )
        assert head.center == pytest.approx(person.eyes, abs=1e-5)


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


def test_crossed_arms_have_each_hand_on_the_other_side() -> None:
    for person, crossed in ((ANNA, False), (replace(ANNA, crossed=True), True)):
        hands = [solid for solid in _solids(person) if _is_palm(solid)]
        arms = [solid for solid in _solids(person) if solid.radii[0] == pytest.approx(0.062)]
        assert len(hands) == len(arms) == 2
        for hand, arm in zip(hands, arms, strict=True):
            assert (hand.center[0] * arm.center[0] < 0) == crossed


def _is_palm(solid: Primitive) -> bool:
    return bool(np.allclose(solid.radii, (0.042, 0.046, 0.036)))
