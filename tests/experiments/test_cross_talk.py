"""Swaps and leaks, of pictures that are made by altering the set: what each must say is known."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from PIL import Image
from tests.cutbench.soundstage.stage import HELD_OUT, recoloured, shot

from cut2next.cutbench.soundstage.true_shots import TrueShots
from cut2next.experiments.cross_talk import (
    PROMPTS,
    Alteration,
    AlteredCase,
    altered_cases,
    flips,
    leak,
    obedience,
    swap_cases,
    swap_chance,
    swap_rate,
)
from cut2next.film import mentions
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.people import held_out_look

NUMBERS = pytest.mark.parametrize("number", range(4))


@cache
def shots(number: int) -> TrueShots:
    return HELD_OUT.shots(number)


@cache
def altered(number: int) -> Sequence[AlteredCase]:
    """The three cases of a set; of the fourth set, of two people in one picture."""
    return altered_cases(shots(number), Random(number))


def by_prompt(number: int) -> dict[str, AlteredCase]:
    return {case.prompt: case for case in altered(number)}


def as_asked(case: AlteredCase, film_set: FilmSet) -> Image.Image:
    """The true next shot of another set."""
    return shot(film_set, case.following)


@NUMBERS
def test_one_prompt_alone_tells_one_colour_otherwise(number: int) -> None:
    cases = by_prompt(number)
    assert tuple(cases) == PROMPTS
    for prompt, case in cases.items():
        true, false = case.plain.cut.prompt, case.cut.prompt
        assert replace(false, **{prompt: getattr(true, prompt)}) == true
        told, was = (getattr(of, prompt).text.split() for of in (false, true))
        changed = [(new, old) for new, old in zip(told, was, strict=True) if new != old]
        look = case.film_set.cast[OWNERS.index(case.alteration.who)].look
        own = {"hair": look.hair, "top": look.top_color}[case.alteration.kind]
        assert changed
        assert {(new.strip("(,"), old.strip("(,")) for new, old in changed} == {
            (case.alteration.paint, own)
        }


@NUMBERS
def test_who_is_altered_is_in_the_next_shot_and_all_prompts_tell_them(number: int) -> None:
    for case in altered(number):
        person = case.film_set.cast[OWNERS.index(case.alteration.who)]
        assert case.alteration.who in case.following.subjects
        prompt = case.plain.cut.prompt
        for text in (prompt.current.text, prompt.relational.text, prompt.next.text):
            assert (person.name, person.look.short) in [
                (who.name, who.look) for who in mentions(text)
            ]


@NUMBERS
def test_an_altered_colour_is_nobodys_and_its_look_is_not_withheld(number: int) -> None:
    cast, drawn = shots(number).film_set.cast, set()
    for seed in range(12):
        (alteration,) = {case.alteration for case in altered_cases(shots(number), Random(seed))}
        colours = {"hair": "hair", "top": "top_color"}[alteration.kind]
        assert alteration.paint not in {getattr(person.look, colours) for person in cast}
        assert not held_out_look(alteration.worn(cast[OWNERS.index(alteration.who)].look))
        drawn.add(alteration.part)
    assert len(drawn) > 1


@NUMBERS
def test_who_takes_an_altered_colour_leaks_or_obeys_by_which_prompt_it_stands_in(
    number: int,
) -> None:
    for prompt, case in by_prompt(number).items():
        plain = case.plain.cut.next.keyframe
        took = as_asked(case, case.alteration.of(case.film_set))
        found = flips(case, plain, took)
        assert found == {part: part == case.alteration.part for part in found}
        assert case.alteration.part in found
        others = len(found) - 1
        if prompt == "next":
            assert obedience(case, plain, took) == 1
            assert leak(case, plain, took) == (0 if others else None)
        else:
            assert obedience(case, plain, took) is None
            assert leak(case, plain, took) == 1 / len(found)


@NUMBERS
def test_who_gives_the_altered_colour_to_the_other_person_leaks(number: int) -> None:
    for prompt, case in by_prompt(number).items():
        other = {"a": "b", "b": "a"}[case.alteration.who]
        wrong = replace(case.alteration, who=other)
        plain, took = case.plain.cut.next.keyframe, as_asked(case, wrong.of(case.film_set))
        found = flips(case, plain, took)
        assert found == {part: part == wrong.part for part in found}
        if prompt == "next":
            assert obedience(case, plain, took) == 0
            assert leak(case, plain, took) == (1 if wrong.part in found else None)
        else:
            assert leak(case, plain, took) == (wrong.part in found) / len(found)


@NUMBERS
def test_what_stays_or_had_that_colour_before_has_not_flipped(number: int) -> None:
    case = by_prompt(number)["current"]
    true = case.plain.cut.next.keyframe
    took = as_asked(case, case.alteration.of(case.film_set))
    for plain, after in ((true, true), (took, took), (took, true)):
        assert leak(case, plain, after) == 0
    assert case.cut.current.keyframe.tobytes() == case.plain.cut.current.keyframe.tobytes()


@NUMBERS
def test_a_swap_is_asked_where_the_current_prompt_tells_the_other_lead(number: int) -> None:
    (case,) = swap_cases(shots(number), Random(number))
    (who,) = case.following.subjects
    other = case.film_set.cast[OWNERS.index({"a": "b", "b": "a"}[who])]
    assert other.name in [person.name for person in mentions(case.cut.current.prompt.summary)]
    assert swap_rate(case, case.cut.next.keyframe) == 0
    assert swap_rate(case, shot(recoloured(case.film_set), case.following)) == 1
    nobodys = Alteration(who=who, kind="top", paint=free_paint(case.film_set)).of(case.film_set)
    assert swap_rate(case, shot(nobodys, case.following)) == 0


def free_paint(film_set: FilmSet) -> str:
    """A top that nobody wears."""
    worn = {person.look.top_color for person in film_set.cast}
    return next(paint for paint in ("red", "green", "purple", "white") if paint not in worn)


def test_chance_swaps_as_often_as_palettes_have_paints() -> None:
    assert swap_chance() == pytest.approx((1 / 5 + 1 / 4 + 1 / 9) / 3)
