"""Extreme cuts are what they are called: by geometry, by colours, by words."""

from functools import cache
from random import Random

import numpy as np
import pytest
from tests.soundstage.sets import SMALL, setup_of

from cut2next.film import mentions
from cut2next.soundstage.camera import THIRTY_DEGREES, angle_between
from cut2next.soundstage.extremes import (
    KINDS,
    ExtremeCut,
    currents,
    draw_extreme,
    extremes_from,
)
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.primitives import Floats
from cut2next.soundstage.render import View
from cut2next.soundstage.repertoire import repertoire_named

SEEDS = pytest.mark.parametrize("seed", range(4))


@cache
def film_set(seed: int) -> FilmSet:
    return build_set(seed, repertoire=repertoire_named("café,natural,2"))


def cut(seed: int, kind: str) -> ExtremeCut:
    return draw_extreme(film_set(seed), kind, Random(f"{seed} {kind}"))


def seen_at(view: View, point: Floats) -> Floats:
    """Right and up, in halves of the picture's height."""
    right, up, forward = view.axes @ (point - view.position)
    return np.array([right, up], np.float32) / np.float32(forward * view.tangent)


def eyes(on: FilmSet, who: str) -> Floats:
    return on.cast["ab".index(who)].eyes


@SEEDS
@pytest.mark.parametrize("kind", KINDS)
def test_a_camera_is_a_camera_and_sees_whom_the_cut_is_of(seed: int, kind: str) -> None:
    extreme = cut(seed, kind)
    view = extreme.shown.view
    assert np.allclose(view.axes @ view.axes.T, np.eye(3), atol=1e-5)
    assert np.linalg.det(view.axes) == pytest.approx(-1, abs=1e-4) == det(extreme.ordinary.view)
    assert (np.abs(view.position) < film_set(seed).place.extent).all()
    (who,) = extreme.shown.subjects
    across, up = seen_at(view, eyes(film_set(seed), who))
    assert abs(across) < film_set(seed).aspect
    assert abs(up) < 1


def det(view: View) -> float:
    return float(np.linalg.det(view.axes))


@SEEDS
def test_a_flashback_has_no_colour_and_is_as_light_as_before(seed: int) -> None:
    extreme = cut(seed, "flashback")
    picture = extreme.picture(SMALL, 1).astype(float)
    assert np.ptp(picture, axis=2).max() == 0
    ordinary = film_set(seed).picture(extreme.ordinary, SMALL, 1).astype(float)
    assert np.ptp(ordinary, axis=2).mean() > 20
    light = (ordinary / 255) ** 2.2 @ [0.2126, 0.7152, 0.0722]
    assert np.abs((picture[..., 0] / 255) ** 2.2 - light).max() < 0.02


@SEEDS
def test_a_jump_cut_stays_with_the_same_subject_within_thirty_degrees(seed: int) -> None:
    extreme = cut(seed, "jump cut")
    assert extreme.current is extreme.ordinary
    turned = angle_between(extreme.current, extreme.shown)
    assert 0.1 < turned < THIRTY_DEGREES
    (who,) = extreme.shown.subjects
    distances = [
        np.linalg.norm(setup.view.position - eyes(film_set(seed), who))
        for setup in (extreme.current, extreme.shown)
    ]
    assert distances[0] == pytest.approx(distances[1], abs=1e-3)
    assert extreme.shown.view.tangent < extreme.current.view.tangent


@SEEDS
def test_a_match_cut_has_the_other_where_the_first_was_as_the_first_was(seed: int) -> None:
    extreme, on = cut(seed, "match cut"), film_set(seed)
    (before,), (after,) = extreme.current.subjects, extreme.shown.subjects
    assert before != after
    at = [
        seen_at(setup.view, eyes(on, who))
        for setup, who in ((extreme.current, before), (extreme.shown, after))
    ]
    assert at[0] == pytest.approx(at[1], abs=1e-3)
    faced = [
        setup.view.axes @ [-np.sin(person.yaw), np.cos(person.yaw), 0]
        for setup, person in (
            (extreme.current, on.cast["ab".index(before)]),
            (extreme.shown, on.cast["ab".index(after)]),
        )
    ]
    assert faced[0] == pytest.approx(faced[1], abs=1e-3)


@SEEDS
def test_a_whip_pan_smears_what_stands_upright(seed: int) -> None:
    extreme = cut(seed, "whip pan")
    assert extreme.shown.subjects != extreme.current.subjects
    sharp = film_set(seed).picture(extreme.ordinary, SMALL, 1).astype(float)
    smeared = extreme.picture(SMALL, 1).astype(float)
    edges = [np.abs(np.diff(picture, axis=1)).mean() for picture in (smeared, sharp)]
    assert edges[0] < 0.55 * edges[1]
    assert smeared.mean() == pytest.approx(sharp.mean(), rel=0.15)


@SEEDS
def test_a_dutch_angle_leans_by_seventeen_degrees_about_the_same_middle(seed: int) -> None:
    extreme = cut(seed, "dutch angle")
    upright, leaning = extreme.ordinary.view, extreme.shown.view
    assert leaning.axes[2] == pytest.approx(upright.axes[2])
    assert leaning.position == pytest.approx(upright.position)
    level = [np.degrees(np.arcsin(view.axes[0, 2])) for view in (upright, leaning)]
    assert level[0] == pytest.approx(0, abs=1e-3)
    assert 10 < abs(level[1]) < 20


@SEEDS
def test_an_extreme_close_up_comes_from_very_far(seed: int) -> None:
    extreme = cut(seed, "extreme close up")
    wide, close = (setup_of(film_set(seed), name) for name in ("wide", extreme.ordinary.name))
    assert extreme.current.framed == pytest.approx(2 * wide.framed)
    assert extreme.current.view.tangent == pytest.approx(2 * wide.view.tangent)
    assert extreme.shown.framed < close.framed / 2
    assert extreme.current.framed > 15 * extreme.shown.framed


@SEEDS
def test_an_axis_jump_turns_the_screen_around(seed: int) -> None:
    """Whoever was to the left of the other is to the right: the one direction that cuts keep."""
    extreme, on = cut(seed, "axis jump"), film_set(seed)
    before, after = (setup.view.position[1] for setup in (extreme.ordinary, extreme.shown))
    assert after * on.front < 0 < before * on.front
    sides = [
        np.sign(setup.view.axes[0] @ (eyes(on, "b") - eyes(on, "a")))
        for setup in (extreme.ordinary, extreme.shown)
    ]
    assert sides[0] == -sides[1] != 0


@SEEDS
@pytest.mark.parametrize("kind", KINDS)
def test_the_relational_prompt_alone_asks_for_it(seed: int, kind: str) -> None:
    extreme = cut(seed, kind)
    told = extreme.relational_prompt(Random(0)).text
    following = extreme.next_prompt(Random(0)).text
    (who,) = extreme.ordinary.subjects
    name = film_set(seed).cast["ab".index(who)].name
    assert KINDS[kind].words.format(f"<{name}>") in told
    assert next(mentions(following)).name == name
    for word in ("flashback", "jump", "match", "whip", "dutch", "extreme", "axis", " up", "shot"):
        assert word not in following
    others = [extreme.words for other, extreme in KINDS.items() if other != kind]
    assert not any(words.split("{}")[0] in told for words in others)


def test_of_a_setup_there_is_a_cut_of_every_kind_that_can_be() -> None:
    drawn = 0
    for seed in range(6):
        *singles, far = currents(film_set(seed))
        kinds = [cut.kind for cut in extremes_from(film_set(seed), far, Random(seed))]
        assert kinds == [
            "flashback",
            "whip pan",
            "dutch angle",
            "extreme close up",
            "extreme close up",
            "axis jump",
        ]
        for setup in singles:
            kinds = [cut.kind for cut in extremes_from(film_set(seed), setup, Random(seed))]
            assert kinds[0] == "flashback"
            assert len({*kinds}) == len(kinds) >= 4
            assert "extreme close up" not in kinds
            drawn += "match cut" in kinds
    assert drawn > 30


def test_the_same_chance_draws_the_same_cut() -> None:
    for kind in KINDS:
        first, second = cut(1, kind), cut(1, kind)
        assert (first.current.name, first.shown.name) == (second.current.name, second.shown.name)
