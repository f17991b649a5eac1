from dataclasses import replace

import numpy as np
import pytest
from tests.cutbench.soundstage.stage import HELD_OUT, SMALL, case

from cut2next.cutbench.soundstage.held_out import FIRST_HELD_OUT, HeldOut
from cut2next.film import InputError


def test_a_case_knows_the_setups_of_its_cut() -> None:
    for number in range(HELD_OUT.count):
        drawn = case(number)
        for setup, shot in ((drawn.current, drawn.cut.current), (drawn.following, drawn.cut.next)):
            again = drawn.film_set.picture(setup, SMALL, drawn.shots.samples)
            assert np.array_equal(np.asarray(shot.keyframe), again)


def test_what_was_rendered_of_a_set_serves_all_who_ask_of_it_one_after_the_other() -> None:
    held_out = HeldOut(count=2, size=SMALL, samples=1)
    first = held_out.shots(0)
    assert held_out.shots(0) is first
    assert replace(held_out, action=True).shots(0).film_set != first.film_set
    assert held_out.shots(1).film_set.seed != first.film_set.seed
    assert held_out.shots(0) is not first  # else memory would grow by every set


def test_a_case_depends_on_its_seed_alone() -> None:
    third = HeldOut(count=3, seed=FIRST_HELD_OUT + 7, size=SMALL, samples=1).case(2).cut
    first = HeldOut(count=1, seed=FIRST_HELD_OUT + 9, size=SMALL, samples=1).case(0).cut
    assert (third.name, third.patterns, third.prompt) == (first.name, first.patterns, first.prompt)


@pytest.mark.parametrize("seed", [0, 9_999, FIRST_HELD_OUT - 1])
def test_sets_that_may_have_been_trained_on_are_refused(seed: int) -> None:
    with pytest.raises(InputError, match="may have been trained on"):
        HeldOut(seed=seed)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"size": (0, 40)}])
def test_nothing_to_judge_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="expected 1 or more"):
        HeldOut(**wrong)  # type: ignore[arg-type]
