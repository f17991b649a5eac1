from dataclasses import replace

import pytest
from tests.cutbench.soundstage.stage import HELD_OUT, judge_of, recoloured, shot
from tests.soundstage.sets import setup_of

from cut2next.cutbench.soundstage.leads import exchanged

SINGLES = ("medium close up", "close up", "profile", "below")


@pytest.mark.parametrize("number", range(HELD_OUT.count))
@pytest.mark.parametrize("name", SINGLES)
def test_the_lead_who_was_asked_for_is_told_from_the_other(name: str, number: int) -> None:
    judging = judge_of(f"{name} a", number)
    film_set = judging.shots.film_set
    first, second, *more = film_set.cast
    swapped = (replace(first, look=second.look), replace(second, look=first.look), *more)
    others = replace(film_set, cast=swapped)
    other = setup_of(film_set, f"{name} b")
    assert judging.right_lead(shot(film_set, judging.asked)) is True
    assert judging.right_lead(shot(film_set, other)) is False
    assert judging.right_lead(shot(others, judging.asked)) is False
    # In the other's place, but who was asked for.
    assert judging.right_lead(shot(others, other)) is True


@pytest.mark.parametrize("number", range(HELD_OUT.count))
@pytest.mark.parametrize("name", ["medium close up a", "over shoulder b", "two"])
def test_what_has_the_paint_of_the_other_lead_is_swapped_and_nothing_else(
    name: str, number: int
) -> None:
    judging = judge_of(name, number)
    film_set, asked = judging.shots.film_set, judging.asked
    first, second = film_set.cast[:2]
    kinds = {"hair": "hair", "skin": "skin", "top": "top_color"}
    alike = {
        kind for kind, of in kinds.items() if getattr(first.look, of) == getattr(second.look, of)
    }
    true = judging.swapped(shot(film_set, asked))
    assert true
    assert not any(true.values())
    assert {part.split(".")[0] for part in true} <= {*asked.subjects}
    assert not {part.split(".")[1] for part in true} & alike
    assert all(judging.swapped(shot(recoloured(film_set), asked)).values())
    found = judging.swapped(shot(recoloured(film_set, "a"), asked))
    assert all(took == part.startswith("a.") for part, took in found.items())


@pytest.mark.parametrize("number", range(HELD_OUT.count))
@pytest.mark.parametrize("name", ["medium close up a", "profile b"])
def test_a_whole_person_in_the_place_of_the_other_is_swapped_whatever_the_hair_cut(
    name: str, number: int
) -> None:
    judging = judge_of(name, number)
    found = judging.swapped(shot(exchanged(judging.shots.film_set), judging.asked))
    assert found
    assert all(found.values())


@pytest.mark.parametrize("name", ["two", "insert 0", "feature0"])
def test_what_shows_both_leads_or_none_is_not_the_right_one(name: str) -> None:
    judging = judge_of("close up a")
    picture = shot(judging.shots.film_set, setup_of(judging.shots.film_set, name))
    assert judging.right_lead(picture) is False
