"""The grammar of the cut, as properties of every seed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cut2next.film import EditingPattern
from cut2next.soundstage.camera import Setup, patterns_between
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.primitives import Floats
from cut2next.soundstage.shooting import draw_cut, possible_cuts

SEEDS = st.integers(0, 2**31)
ASPECTS = st.sampled_from([2.4, 16 / 9])


@given(SEEDS, ASPECTS)
def test_cameras_on_people_stay_on_one_side_of_the_axis(seed: int, aspect: float) -> None:
    film_set = build_set(seed, aspect=aspect)
    for setup in film_set.setups:
        if not setup.subjects[0].startswith("feature"):
            assert setup.view.position[1] * film_set.front > 0, setup.name
            # so that who is on the left stays there
            assert setup.view.axes[0, 0] * film_set.front < 0, setup.name


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


@given(SEEDS)
def test_every_set_realises_all_five_patterns_and_combinations(seed: int) -> None:
    sets = [joined for _, _, joined in possible_cuts(build_set(seed))]
    assert frozenset().union(*sets) == set(EditingPattern)
    for size in (EditingPattern.CUT_IN, EditingPattern.CUT_OUT):
        assert {size, EditingPattern.MULTI_ANGLE} in sets


_MIRRORED = {
    EditingPattern.CUT_IN: EditingPattern.CUT_OUT,
    EditingPattern.CUT_OUT: EditingPattern.CUT_IN,
}


@given(SEEDS)
def test_a_cut_reversed_has_the_mirrored_patterns(seed: int) -> None:
    for current, following, joined in possible_cuts(build_set(seed)):
        back = patterns_between(following, current)
        aside = {EditingPattern.CUTAWAY}  # the way back from an aside is no aside
        if not (joined | back) & aside:
            assert back == {_MIRRORED.get(pattern, pattern) for pattern in joined}


@given(SEEDS)
def test_a_cut_in_shows_less_of_what_was_there(seed: int) -> None:
    for current, following, joined in possible_cuts(build_set(seed)):
        if EditingPattern.CUT_IN in joined:
            assert _height(following) * 1.5 <= _height(current) * 1.0001
            assert set(following.subjects) <= current.holds
        if EditingPattern.CUTAWAY in joined:
            assert not set(following.subjects) & current.holds


@given(SEEDS, st.randoms(use_true_random=False))
def test_a_drawn_cut_is_a_possible_one(seed: int, chance: object) -> None:
    film_set = build_set(seed)
    assert draw_cut(film_set, chance) in list(possible_cuts(film_set))  # type: ignore[arg-type]


def _height(setup: Setup) -> float:
    return setup.framed


def _degrees(first: Floats, second: Floats) -> float:
    sine, cosine = np.linalg.norm(np.cross(first, second)), np.dot(first, second)
    return float(np.degrees(np.arctan2(sine, cosine)))
