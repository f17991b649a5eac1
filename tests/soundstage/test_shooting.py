from random import Random

import numpy as np
import pytest
from tests.soundstage.sets import SMALL, film_set, object_ids, setup_of

from cut2next.film import EditingPattern
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.shooting import PossibleCut, draw_cut, possible_cuts, shoot_cut


def _cut(current: str, following: str, seed: int = 4) -> PossibleCut:
    """The possible cut between two setups by name."""
    cuts = possible_cuts(film_set(seed))
    return next(cut for cut in cuts if (cut.current.name, cut.next.name) == (current, following))


def test_the_grammar_of_well_known_cuts() -> None:
    single, reverse = "medium close up a", "medium close up b"
    assert EditingPattern.SHOT_REVERSE_SHOT in _cut(single, reverse).patterns
    assert _cut("two", single).patterns == {EditingPattern.CUT_IN}
    assert _cut(single, "two").patterns == {EditingPattern.CUT_OUT}
    assert _cut(single, "feature0").patterns == {EditingPattern.CUTAWAY}
    assert EditingPattern.MULTI_ANGLE in _cut(single, "profile a").patterns


def test_a_possible_cut_is_between_two_setups_that_patterns_join() -> None:
    cuts = list(possible_cuts(film_set(4)))
    for cut in cuts:
        assert cut.current is not cut.next
        assert cut.patterns == patterns_between(cut.current, cut.next)
    assert len({(cut.current.name, cut.next.name) for cut in cuts}) == len(cuts)


def test_drawing_gives_every_pattern_a_fair_share() -> None:
    chance = Random(0)
    drawn = [draw_cut(film_set(4), chance).patterns for _ in range(200)]
    for pattern in EditingPattern:
        assert sum(pattern in patterns for patterns in drawn) > 200 / 5 / 2


@pytest.mark.parametrize(("current", "following"), [("two", "close up b"), ("two", "feature1")])
def test_a_shot_cut_is_what_its_setups_show(current: str, following: str) -> None:
    shot_on = film_set(4)
    planned = _cut(current, following)
    shot = shoot_cut(shot_on, planned, Random(1), SMALL, 1)
    names = [name.replace(" ", "_") for name in (current, following)]
    assert shot.cut.name == f"soundstage-4:{names[0]}-{names[1]}"
    assert shot.cut.patterns == planned.patterns
    for side, truth, name in (
        (shot.cut.current, shot.current, current),
        (shot.cut.next, shot.next, following),
    ):
        setup = setup_of(shot_on, name)
        assert np.array_equal(np.asarray(side.keyframe), shot_on.picture(setup, SMALL, 1))
        assert np.array_equal(truth.object_ids, object_ids(shot_on, setup))
        assert truth.subjects == setup.subjects


def test_the_same_chance_words_a_cut_the_same() -> None:
    planned = _cut("two", "close up a")
    first, second = (
        shoot_cut(film_set(4), planned, Random(9), SMALL, 1).cut.prompt for _ in range(2)
    )
    assert first == second
