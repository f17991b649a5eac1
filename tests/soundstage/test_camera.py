"""The grammar of the cut, as properties of every seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soundstage.sets import film_set, object_ids, setup_of, share

from cut2next.film import EditingPattern
from cut2next.soundstage import PICTURE_SIZE
from cut2next.soundstage.camera import Setup, patterns_between
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.primitives import Floats
from cut2next.soundstage.repertoire import Repertoire
from cut2next.soundstage.shooting import draw_cut, possible_cuts

SEEDS = st.integers(0, 2**31)
ASPECTS = st.sampled_from([2.4, 16 / 9])
some = settings(max_examples=40)


@some
@given(SEEDS, ASPECTS)
def test_cameras_on_people_stay_on_one_side_of_the_axis(seed: int, aspect: float) -> None:
    shot_on = build_set(seed, aspect=aspect)
    for setup in shot_on.setups:
        if not setup.subjects[0].startswith("feature"):
            assert setup.view.position[1] * shot_on.front > 0, setup.name
            # so that who is on the left stays there
            assert setup.view.axes[0, 0] * shot_on.front < 0, setup.name


@some
@given(SEEDS)
def test_no_cut_to_the_same_subject_jumps(seed: int) -> None:
    for current, following, joined in possible_cuts(build_set(seed)):
        if current.subjects == following.subjects:
            grown = current.framed / following.framed
            turned = _degrees(current.view.axes[2], following.view.axes[2])
            assert turned >= 29.999 or not 1 / 1.5 < grown < 1.5
        if EditingPattern.MULTI_ANGLE in joined:
            assert turned >= 29.999
            assert current.subjects == following.subjects


@some
@given(SEEDS)
def test_every_set_realises_all_five_patterns_and_combinations(seed: int) -> None:
    sets = [joined for _, _, joined in possible_cuts(build_set(seed))]
    assert frozenset().union(*sets) == set(EditingPattern)
    for size in (EditingPattern.CUT_IN, EditingPattern.CUT_OUT):
        assert {size, EditingPattern.MULTI_ANGLE} in sets


@some
@given(SEEDS, ASPECTS)
def test_from_every_setup_a_cut_leads_on(seed: int, aspect: float) -> None:
    shot_on = build_set(seed, aspect=aspect)
    leading = {cut.current.name for cut in possible_cuts(shot_on)}
    assert leading == {setup.name for setup in shot_on.setups}


def test_every_pattern_has_its_share_of_the_possible_cuts() -> None:
    joined = [cut.patterns for seed in range(30) for cut in possible_cuts(build_set(seed))]
    for pattern in EditingPattern:
        assert 0.04 < sum(pattern in patterns for patterns in joined) / len(joined) < 0.45


_MIRRORED = {
    EditingPattern.CUT_IN: EditingPattern.CUT_OUT,
    EditingPattern.CUT_OUT: EditingPattern.CUT_IN,
}


@some
@given(SEEDS)
def test_a_cut_reversed_has_the_mirrored_patterns(seed: int) -> None:
    for current, following, joined in possible_cuts(build_set(seed)):
        back = patterns_between(following, current)
        assert back == {_MIRRORED.get(pattern, pattern) for pattern in joined}


@pytest.mark.parametrize("seed", range(6))
def test_a_cut_in_shows_larger_what_was_there(seed: int) -> None:
    shot_on = film_set(seed)
    shares = {
        setup.name: {owner: share(shot_on, ids, owner) for owner in ("a", "b", "c", *_PROPS)}
        for setup in shot_on.setups
        for ids in [object_ids(shot_on, setup, PICTURE_SIZE)]
    }
    for current, following, joined in possible_cuts(shot_on):
        people = [who for who in following.subjects if not who.startswith("feature")]
        if EditingPattern.CUT_IN in joined and people:
            before, after = (
                sum(shares[setup.name][who] for who in people) for setup in (current, following)
            )
            assert 0 < before < after, (current.name, following.name)


_PROPS = ("prop0", "prop1")


@some
@given(SEEDS)
def test_a_cutaway_goes_to_what_was_out_of_sight_or_comes_back_from_there(seed: int) -> None:
    for current, following, joined in possible_cuts(build_set(seed)):
        if EditingPattern.CUTAWAY in joined:
            asides = [_is_aside(setup) for setup in (current, following)]
            assert sorted(asides) == [False, True]
            assert not set(following.subjects) & current.holds.keys()
            assert not set(current.subjects) & following.holds.keys()


def _is_aside(setup: Setup) -> bool:
    return setup.name == "listener" or setup.name.startswith("feature")


def test_a_feature_behind_the_leads_is_cut_in_to_and_one_behind_the_camera_cut_away_to() -> None:
    sets = [build_set(seed, repertoire=Repertoire(places=("café",))) for seed in range(8)]
    assert {shot_on.front for shot_on in sets} == {-1.0, 1.0}
    for shot_on in sets:  # the clock hangs on the south wall, which cameras in the north see
        seen = shot_on.front > 0
        patterns = patterns_between(setup_of(shot_on, "two"), setup_of(shot_on, "feature0"))
        if not seen:
            assert patterns == {EditingPattern.CUTAWAY}
        elif "feature0" in setup_of(shot_on, "two").holds:  # nobody stands before it
            assert patterns == {EditingPattern.CUT_IN}


@some
@given(SEEDS, st.randoms(use_true_random=False))
def test_a_drawn_cut_is_a_possible_one(seed: int, chance: object) -> None:
    shot_on = build_set(seed)
    assert draw_cut(shot_on, chance) in list(possible_cuts(shot_on))  # type: ignore[arg-type]


def _degrees(first: Floats, second: Floats) -> float:
    sine, cosine = np.linalg.norm(np.cross(first, second)), np.dot(first, second)
    return float(np.degrees(np.arctan2(sine, cosine)))
