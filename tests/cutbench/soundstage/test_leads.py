from dataclasses import replace

import pytest
from tests.cutbench.soundstage.stage import HELD_OUT, judge_of, shot
from tests.soundstage.sets import setup_of

SINGLES = ("medium close up", "close up", "profile", "below")


@pytest.mark.parametrize("number", range(HELD_OUT.count))
@pytest.mark.parametrize("name", SINGLES)
def test_the_lead_who_was_asked_for_is_told_from_the_other(name: str, number: int) -> None:
    judging = judge_of(f"{name} a", number)
    film_set = judging.shots.film_set
    first, second, *more = film_set.cast
    swapped = (replace(first, look=second.look), replace(second, look=first.look), *more)
    exchanged = replace(film_set, cast=swapped)
    other = setup_of(film_set, f"{name} b")
    assert judging.right_lead(shot(film_set, judging.asked)) is True
    assert judging.right_lead(shot(film_set, other)) is False
    assert judging.right_lead(shot(exchanged, judging.asked)) is False
    # In the other's place, but who was asked for.
    assert judging.right_lead(shot(exchanged, other)) is True


@pytest.mark.parametrize("name", ["two", "insert 0", "feature0"])
def test_what_shows_both_leads_or_none_is_not_the_right_one(name: str) -> None:
    judging = judge_of("close up a")
    picture = shot(judging.shots.film_set, setup_of(judging.shots.film_set, name))
    assert judging.right_lead(picture) is False
