"""Sets in action: the same sets, but for what the leads do and what moves."""

from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest
from tests.soundstage.sets import SMALL, film_set, object_ids, setup_of

from cut2next.soundstage.action import in_action
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.shooting import possible_cuts
from cut2next.soundstage.wording import individual_prompt

_SEEDS = range(40)
_POSES = ("leaning in", "reaching for the", "arms crossed", "turned away")
_MOTIONS = ("waving a hand", "turning the head")


@cache
def _acting(seed: int) -> FilmSet:
    return in_action(film_set(seed))


def _seed(doing: str) -> tuple[int, int]:
    """A set without motion, and the lead who does something there."""
    return next(
        (seed, lead)
        for seed in _SEEDS
        for lead in (0, 1)
        if _acting(seed).cast[lead].doing.startswith(doing)
        and (doing in _MOTIONS or not _acting(seed).moments)
    )


def test_without_being_asked_for_there_is_no_action() -> None:
    """What these seeds have given since before there was any."""
    kitchen, office = build_set(0), build_set(1)
    assert [person.name for person in kitchen.cast] == ["Farid", "Ema", "Chloe"]
    assert kitchen.cast[0].look.short == "red bun, red striped shirt"
    assert (kitchen.place.name, kitchen.hour, kitchen.grade) == ("kitchen", "lamplight", "natural")
    assert [(prop.name, prop.color) for prop in office.props] == [
        ("bottle", "green"),
        ("letter", "blue"),
    ]
    for seed in _SEEDS:
        assert not film_set(seed).moments
        assert not film_set(seed).pan
        for person in film_set(seed).cast:
            assert (person.doing, person.lean, person.crossed, person.sway) == ("", 0, False, 0)
            assert person.reach is None


@pytest.mark.parametrize("seed", range(8))
def test_a_set_in_action_is_the_same_set(seed: int) -> None:
    still, acting = film_set(seed), _acting(seed)
    for name in ("seed", "place", "props", "hour", "grade", "front", "key_side", "aspect"):
        assert getattr(acting, name) is getattr(still, name)
    for before, after in zip(still.cast, acting.cast, strict=True):
        assert (before.name, before.look, before.mark) == (after.name, after.look, after.mark)
    assert {setup.name for setup in acting.setups} == {setup.name for setup in still.setups}
    assert in_action(still).cast == acting.cast
    leading = {cut.current.name for cut in possible_cuts(acting)}
    assert leading == {setup.name for setup in acting.setups}


def test_everything_is_done_now_and_then_and_something_moves_in_half_of_all_sets() -> None:
    done = [person.doing for seed in _SEEDS for person in _acting(seed).cast[:2]]
    assert all(done)
    for words in (*_POSES, *_MOTIONS):
        assert sum(doing.startswith(words) for doing in done) >= 2
    moving = [seed for seed in _SEEDS if _acting(seed).moments]
    assert 0.3 < len(moving) / len(_SEEDS) < 0.7
    assert any(_acting(seed).pan for seed in moving)


def test_who_leans_in_comes_nearer_to_the_other_with_the_head() -> None:
    seed, lead = _seed("leaning in")
    before, after = film_set(seed).cast[lead], _acting(seed).cast[lead]
    assert abs(before.eyes[0]) - abs(after.eyes[0]) > 0.1
    geometry, who = _acting(seed).geometry, "ab"[lead]
    eyes = [geometry.parts[part] == f"{who}.eyes" for part in geometry.part_of]
    at = geometry.center[np.flatnonzero(eyes)].mean(axis=0)
    assert np.linalg.norm(at - after.eyes) < 0.25


def test_who_reaches_has_a_hand_at_the_thing() -> None:
    seed, lead = _seed("reaching for the")
    prop = _acting(seed).props[lead]
    assert _acting(seed).cast[lead].doing == f"reaching for the {prop.color} {prop.name}"
    assert _nearest_skin(_acting(seed), "ab"[lead], prop.at) < 0.15
    assert _nearest_skin(film_set(seed), "ab"[lead], prop.at) > 0.15


def _nearest_skin(shot_on: FilmSet, who: str, at: object) -> float:
    geometry = shot_on.geometry
    skin = [geometry.parts[part] == f"{who}.skin" for part in geometry.part_of]
    apart = geometry.center[np.flatnonzero(skin)] - np.asarray(at)
    return float(np.linalg.norm(apart, axis=1).min())


def test_who_turns_away_shows_less_of_the_face() -> None:
    seed, lead = _seed("turned away")
    assert _of(_acting(seed), "ab"[lead], "eyes") < _of(film_set(seed), "ab"[lead], "eyes")
    assert _of(_acting(seed), "ab"[lead], "hair") > 0


def _of(shot_on: FilmSet, who: str, part: str) -> float:
    """The share of a close up that a part of somebody takes up."""
    ids = object_ids(shot_on, setup_of(shot_on, f"close up {who}"), (192, 80))
    return float((ids == shot_on.geometry.parts.index(f"{who}.{part}")).mean())


@pytest.mark.parametrize("motion", _MOTIONS)
def test_what_moves_is_the_mean_of_its_moments_and_the_rest_is_sharp(motion: str) -> None:
    seed, lead = _seed(motion)
    acting = _acting(seed)
    setup = setup_of(acting, f"medium close up {'ab'[lead]}")
    light, ids = acting.light(setup, SMALL, 1)
    moments = [moment.light(setup, SMALL, 1) for moment in acting.moments]
    assert np.allclose(light, np.mean([light for light, _ in moments], axis=0), atol=1e-5)
    assert np.array_equal(ids, moments[len(moments) // 2][1])
    sharp, sharp_ids = replace(acting, moments=()).light(setup, SMALL, 1)
    assert np.array_equal(ids, sharp_ids)
    changed = np.abs(light - sharp).max(axis=2) > 0.02
    assert 0.002 < changed.mean() < 0.5


def test_a_panning_camera_smears_upright_edges_and_keeps_the_picture_where_it_is() -> None:
    acting = next(_acting(seed) for seed in _SEEDS if _acting(seed).pan)
    setup = setup_of(acting, "two")
    blurred, ids = acting.light(setup, SMALL, 1)
    sharp, sharp_ids = replace(acting, moments=(), pan=0.0).light(setup, SMALL, 1)
    assert np.array_equal(ids, sharp_ids)
    edges = [np.abs(np.diff(light, axis=1)).mean() for light in (blurred, sharp)]
    assert edges[0] < 0.7 * edges[1]
    assert np.isclose(blurred.mean(), sharp.mean(), rtol=0.05)


def test_prompts_say_what_is_done_and_that_the_camera_moves() -> None:
    for seed in range(12):
        for shot_on in (film_set(seed), _acting(seed)):
            setup = setup_of(shot_on, "two")
            prompt = individual_prompt(shot_on, setup, Random(0))
            for person in shot_on.cast[:2]:
                assert person.doing in prompt.description
            assert ("motion blur" in prompt.text) == bool(shot_on.pan)
