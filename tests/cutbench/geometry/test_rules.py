from dataclasses import replace

import pytest
from tests.cutbench.geometry.faces import face, sight

from cut2next.cutbench.geometry.rules import judge, same_side
from cut2next.cutbench.geometry.sight import Sight
from cut2next.film import EditingPattern

IN, OUT = EditingPattern.CUT_IN, EditingPattern.CUT_OUT
REVERSE, AWAY = EditingPattern.SHOT_REVERSE_SHOT, EditingPattern.CUTAWAY
ANGLE = EditingPattern.MULTI_ANGLE


def found(current: Sight, following: Sight) -> set[EditingPattern] | None:
    patterns = judge(current, following).patterns
    return None if patterns is None else set(patterns)


@pytest.mark.parametrize(
    ("current", "following", "patterns"),
    [
        (sight(face(0, 0.2)), sight(face(0, 0.31)), {IN}),
        (sight(face(0, 0.31)), sight(face(0, 0.2)), {OUT}),
        (sight(face(0, 0.2), face(1, 0.2)), sight(face(1, 0.26)), {IN}),
        (sight(face(1, 0.26)), sight(face(0, 0.2), face(1, 0.2)), {OUT}),
        (sight(face(0, 0.2)), sight(face(0, 0.29)), set()),
        (sight(face(0, yaw=-20)), sight(face(0, yaw=20)), {ANGLE}),
        (sight(face(0, yaw=-10)), sight(face(0, yaw=15)), set()),
        (sight(face(0, 0.2, yaw=-20)), sight(face(0, 0.5, yaw=20)), {IN, ANGLE}),
        (sight(face(0, yaw=30)), sight(face(1, yaw=-30)), {REVERSE}),
        (sight(face(0, yaw=30)), sight(face(1, yaw=-30), face(0, 0.1)), {OUT}),
        (sight(face(0, yaw=30)), sight(face(1, yaw=30)), {AWAY}),
        (sight(face(0, 0.2, yaw=30)), sight(face(1, 0.5, yaw=-30)), {AWAY}),
        (sight(face(0), face(1)), sight(face(2)), {AWAY}),
        (sight(face(0)), sight(), None),
        (sight(), sight(face(0)), None),
        (sight(), sight(), None),
    ],
)
def test_a_cut_is_what_its_people_make_it(
    current: Sight, following: Sight, patterns: set[EditingPattern] | None
) -> None:
    assert found(current, following) == patterns


def test_who_is_small_behind_others_is_not_whom_a_shot_is_of() -> None:
    assert found(sight(face(0, 0.2), face(1, 0.1)), sight(face(0, 0.31))) == {IN}
    assert found(sight(face(0, 0.4), face(1, 0.1)), sight(face(1, 0.4))) == {IN}
    assert (
        found(sight(face(0, 0.3), face(1, 0.1)), sight(face(0, 0.39))) == set()
    )  # nobody left out
    assert found(sight(face(0, 0.3), face(1, 0.3)), sight(face(0, 0.39))) == {IN}


def test_somebody_who_cannot_be_read_is_nobody_in_particular() -> None:
    assert found(sight(face(None, 0.2)), sight(face(None, 0.6))) == {AWAY}


def test_cameras_that_are_known_decide_about_the_angle() -> None:
    ahead, aside, across = (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.6, 0.8, 0.0)
    one, other = sight(face(0)), sight(face(0))
    seen = replace(one, direction=ahead), replace(other, direction=aside)
    assert found(*seen) == {ANGLE}
    assert found(replace(one, direction=ahead), replace(other, direction=ahead)) == set()
    answer = sight(face(1))
    assert found(replace(one, direction=ahead), replace(answer, direction=aside)) == {REVERSE}
    assert found(replace(one, direction=ahead), replace(answer, direction=across)) == {AWAY}


def test_things_decide_where_they_are_known() -> None:
    people = replace(sight(face(0)), things={"cup": 0.2})
    assert found(people, Sight(faces=(), same=1, things={"cup": 0.8}, of="cup")) == {IN}
    assert found(Sight(faces=(), same=1, things={"cup": 0.8}, of="cup"), people) == {OUT}
    assert found(people, Sight(faces=(), same=1, things={"clock": 0.8}, of="clock")) == {AWAY}


def test_a_side_is_told_of_faces_that_turn_to_one() -> None:
    assert same_side(face(0, yaw=20), face(0, yaw=40)) is True
    assert same_side(face(0, yaw=20), face(0, yaw=-40)) is False
    assert same_side(face(0, yaw=5), face(0, yaw=-40)) is None
