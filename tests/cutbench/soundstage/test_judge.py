from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image
from tests.cutbench.soundstage.stage import (
    HELD_OUT,
    SMALL,
    case,
    case_of,
    judge_of,
    recoloured,
    shot,
    wrong,
)
from tests.soundstage.sets import setup_of

from cut2next.cutbench.metrics.blurred_error import blurred, nearest
from cut2next.cutbench.soundstage.judge import Findings, Judge
from cut2next.film import InputError
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.palette import WALLS

CASES = range(HELD_OUT.count)


@pytest.mark.parametrize("number", CASES)
def test_the_truth_is_right_in_everything(number: int) -> None:
    findings = case(number).judge.findings(case(number).cut.next.keyframe)
    assert findings.camera
    assert findings.shown == case(number).following.name
    assert findings.look == 1
    assert _failures(findings) == set()


@pytest.mark.parametrize("number", CASES)
def test_the_current_shot_again_is_a_static_cut_and_nothing_else(number: int) -> None:
    findings = case(number).judge.findings(case(number).cut.current.keyframe)
    assert _failures(findings) == {"static_cut"}
    assert not findings.camera
    assert findings.shown == case(number).current.name


@pytest.mark.parametrize(
    ("region", "change"),
    [
        ("a.hair", {"hair": ("black", "blond")}),
        ("a.skin", {"skin": ("pale", "dark")}),
        ("a.top", {"top_color": ("teal", "orange")}),
    ],
)
def test_another_colour_on_one_person_fails_there_only(
    region: str, change: dict[str, tuple[str, str]]
) -> None:
    # In a close up there is hair enough, in a medium close up cloth enough.
    judging = judge_of("close up a" if region == "a.hair" else "medium close up a")
    film_set = judging.shots.film_set
    person = film_set.cast[0]
    (field, colors), *_ = change.items()
    other = next(color for color in colors if color != getattr(person.look, field))
    changed = replace(person, look=replace(person.look, **{field: other}))
    recast = replace(film_set, cast=(changed, *film_set.cast[1:]))
    findings = judging.findings(shot(recast, judging.asked))
    assert wrong(findings) == {region}
    assert findings.camera


def test_a_change_of_several_is_identity_drift() -> None:
    judging = judge_of("medium close up a")
    film_set = judging.shots.film_set
    first, second, *more = film_set.cast
    # As when a model gives one lead the face and clothes of the other.
    swapped = (replace(first, look=second.look), replace(second, look=first.look), *more)
    findings = judging.findings(shot(replace(film_set, cast=swapped), judging.asked))
    assert findings.camera
    assert {"a.skin", "a.top"} <= wrong(findings)
    assert findings.identity_drift
    assert not findings.incoherence


def test_another_setup_has_the_wrong_camera_and_is_incoherent() -> None:
    judging = judge_of("close up a")
    film_set = judging.shots.film_set
    for name in ("two", "profile b", "feature0"):
        findings = judging.findings(shot(film_set, setup_of(film_set, name)))
        assert not findings.camera
        assert findings.shown == name
        # All that it shows is true of the set; it was only not asked for.
        assert findings.incoherence or findings.static_cut
        assert not findings.identity_drift


@pytest.mark.parametrize("number", CASES)
def test_another_hour_fails_in_the_light(number: int) -> None:
    given = case(number)
    for hour in HOURS:
        other = replace(given.film_set, hour=hour)
        findings = case(number).judge.findings(shot(other, given.following))
        assert findings.looks["light"] == (hour == given.film_set.hour)


@pytest.mark.parametrize("hour", HOURS)
def test_the_set_at_an_hour_is_told_from_the_others(hour: str) -> None:
    drawn = case(0)
    hours = drawn.shots.of[drawn.following.name].hours
    shot_then = replace(drawn.film_set, hour=hour).picture(drawn.following, SMALL, 1)
    assert np.array_equal(hours[hour], blurred(shot_then))
    assert [other for other in HOURS if nearest(hours[hour], hours, other) == other] == [hour]


def test_a_little_darker_is_still_the_same_hour() -> None:
    drawn = case(1)
    hours = drawn.shots.of[drawn.following.name].hours
    assert nearest(hours["day"] * np.float32(0.97), hours, "day") == "day"


@pytest.mark.parametrize(("share", "nearer"), [(0.4, True), (0.6, False)])
def test_a_static_cut_is_nearer_to_the_current_shot(share: float, nearer: bool) -> None:
    drawn = case(0)
    between = Image.blend(drawn.cut.current.keyframe, drawn.cut.next.keyframe, share)
    assert drawn.judge.findings(between).static_cut == nearer


@pytest.mark.parametrize(
    ("camera", "right", "drift"),
    [(True, 79, True), (True, 80, False), (True, 100, False), (False, 0, False)],
)
def test_drift_needs_the_right_camera(camera: bool, right: int, drift: bool) -> None:
    looks = {f"part {number}": number < right for number in range(100)}
    findings = Findings(shown="two", camera=camera, looks=looks, static_cut=False)
    assert findings.identity_drift == drift


@pytest.mark.parametrize(
    ("camera", "static", "look", "incoherent"),
    [
        (False, False, 0.8, True),
        (False, False, 0.7, False),
        (False, True, 1.0, False),
        (True, False, 1.0, False),
    ],
)
def test_incoherence_needs_the_wrong_camera(
    camera: bool, static: bool, look: float, incoherent: bool
) -> None:
    findings = Findings(shown="two", camera=camera, looks={}, static_cut=static, shown_look=look)
    assert findings.incoherence == incoherent


def test_a_grey_card_has_little_of_the_look() -> None:
    grey = Image.new("RGB", HELD_OUT.size, (90, 90, 90))
    judging = judge_of("close up a")
    findings = judging.findings(grey)
    assert findings.look < 0.8


def test_the_shares_of_a_kind() -> None:
    two = case_of("two")
    findings = two.judge.findings(two.true_next)
    assert {"a.top", "b.top", "light"} <= set(findings.looks)
    assert findings.kind("top") == 1
    half = replace(findings, looks={"a.top": True, "b.top": False, "light": True})
    assert half.kind("top") == 0.5
    assert half.kind("hair") is None
    assert half.look == pytest.approx(2 / 3)


def test_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="192x80; expected one of 96x40"):
        case(0).judge.findings(Image.new("RGB", (192, 80)))


def test_a_wall_in_another_paint_fails_there_only() -> None:
    inside = next(number for number in CASES if not case(number).film_set.place.outside)
    judging = judge_of("two", inside)
    repainted = _repainted(judging.shots.film_set, "blue", "mustard")
    assert wrong(judging.findings(shot(repainted, judging.asked))) == {"walls"}


def _failures(findings: Findings) -> set[str]:
    names = ("static_cut", "identity_drift", "incoherence")
    return {name for name in names if getattr(findings, name)}


def _repainted(film_set: FilmSet, *choices: str) -> FilmSet:
    paint = next(paint for paint in choices if paint != film_set.place.walls)
    shell = [
        replace(side, color=WALLS[paint]) if side.part == "walls" else side
        for side in film_set.place.shell
    ]
    return replace(film_set, place=replace(film_set.place, shell=shell))


@cache
def _moving() -> Judge:
    """Of a close up of somebody who waves a hand or turns the head."""
    acting = replace(HELD_OUT, action=True)
    number = next(
        number
        for number in range(99)
        if (on := acting.film_set(number)).moments and not on.pan and on.hour != "night"
    )
    shots = acting.shots(number)
    current, asked = (setup_of(shots.film_set, name) for name in ("two", "medium close up a"))
    return Judge(shots=shots, current=current, asked=asked)


def test_people_who_move_are_right_as_they_are_and_wrong_in_other_colours() -> None:
    acting, asked = _moving().shots.film_set, _moving().asked
    true = _moving().people(shot(acting, asked))
    assert {"a.skin", "a.top"} <= true.keys()
    assert all(true.values())
    others = _moving().people(shot(acting.altered(recoloured), asked))
    first, second = (person.look for person in acting.cast[:2])
    assert first.top_color != second.top_color
    assert not others["a.top"]
    assert others["a.skin"] == (first.skin == second.skin)


def test_what_moves_at_another_hour_is_seen_to_be_so() -> None:
    acting, asked = _moving().shots.film_set, _moving().asked
    night = acting.altered(lambda moment: replace(moment, hour="night"))
    hours = _moving().shots.of[asked.name].hours
    for on in (acting, night):
        seen = blurred(np.asarray(shot(on, asked)))
        assert nearest(seen, hours, acting.hour) == on.hour
