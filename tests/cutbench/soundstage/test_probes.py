"""Every probe, asked of contenders who go by one thing alone: what each gets right is known."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from PIL import Image
from tests.cutbench.soundstage.stage import HELD_OUT, shot
from tests.soundstage.sets import setup_of

from cut2next.cutbench.contenders import one_by_one
from cut2next.cutbench.soundstage.held_out import SetCase
from cut2next.cutbench.soundstage.probes import PROBES, Probe
from cut2next.cutbench.soundstage.probing import CHANCE, RIGHT, Answer, answers, figures
from cut2next.film import Cut, mentions
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.people import held_out_look

PROBED = {probe.name: probe for probe in PROBES}
SIZES = {
    "medium close up": ("medium close up", "chest-up"),
    "close up": ("close up", "tight close up"),
    "medium": ("medium", "waist-up"),
    "wide": ("wide", "long"),
}
FRAMINGS = {
    "over the shoulder": "over the shoulder",
    "profile": "in profile",
    "2 shot": "two shot",
}
ANGLES = {"low": ("below", "low angle"), "high": ("above", "high angle")}
OF_CAMERAS = ("pattern adherence", "prompt swap")
OF_LOOKS = ("known looks", "unseen looks")


def _cases(probe: Probe) -> list[SetCase]:
    built = replace(HELD_OUT, repertoire=probe.repertoire(HELD_OUT.repertoire))
    return [
        case
        for number in range(built.count)
        for case in probe.cases(built.shots(number), Random(f"a test {number}"))
    ]


def _answers(name: str, make: Callable[[Cut], Image.Image]) -> list[Answer]:
    told = answers(HELD_OUT, one_by_one(make), [PROBED[name]])
    return [answer for of_set in told for answer in of_set]


def _rights(name: str, make: Callable[[Cut], Image.Image]) -> list[float | None]:
    return [answer.right for answer in _answers(name, make)]


@cache
def _set_of(film: str) -> FilmSet:
    width, height = HELD_OUT.size
    seed = int(film.split("-")[1])
    return build_set(seed, repertoire=HELD_OUT.repertoire, aspect=width / height)


def _by_next_prompt(cut: Cut) -> Image.Image:
    """Goes by the names in the next prompt, and takes the first setup of whoever it is."""
    film_set = _set_of(cut.film)
    named = [person.name for person in mentions(cut.next.prompt.text)]
    whom = [who for who, person in zip("ab", film_set.cast, strict=False) if person.name in named]
    return shot(film_set, _setups_of(film_set, tuple(whom))[0])


def _by_relation(cut: Cut) -> Image.Image:
    """Goes by the relational prompt, and by names."""
    film_set, words = _set_of(cut.film), cut.relational.transition
    named = [person.name for person in mentions(words.split(", as a ")[0])]
    whom = [who for who, person in zip("ab", film_set.cast, strict=False) if person.name in named]
    (setup,) = (setup for setup in _setups_of(film_set, tuple(whom)) if _is_told(setup, words))
    return shot(film_set, setup)


def _is_told(setup: Setup, words: str) -> bool:
    """Whether a transition says how that setup, and no other of its subject, is shot."""
    phrase = words.split(", as a ")[1]
    size = next(size for size, ways in SIZES.items() if phrase.startswith(ways))
    framing = next((words for words in FRAMINGS.values() if words in phrase), "")
    angle = next((angle for angle, ways in ANGLES.items() if phrase.endswith(ways)), "eye level")
    return (size, angle, framing) == (setup.size, setup.angle, FRAMINGS.get(setup.framing, ""))


def _with_people_swapped(cut: Cut) -> Image.Image:
    film_set = _set_of(cut.film)
    first, second, *more = film_set.cast
    swapped = (replace(first, look=second.look), replace(second, look=first.look), *more)
    setup = setup_of(film_set, cut.next.name.replace("_", " "))
    return shot(replace(film_set, cast=swapped), setup)


def _setups_of(film_set: FilmSet, subjects: tuple[str, ...]) -> list[Setup]:
    return [setup for setup in film_set.setups if setup.subjects == subjects]


@pytest.mark.parametrize("name", PROBED)
def test_the_truth_is_right_and_the_current_shot_again_is_not(name: str) -> None:
    assert set(_rights(name, lambda cut: cut.next.keyframe)) == {1}
    if name not in OF_LOOKS:
        assert set(_rights(name, lambda cut: cut.current.keyframe)) == {0}


@pytest.mark.parametrize("name", OF_CAMERAS)
def test_who_goes_by_the_relational_prompt_is_right_about_cameras(name: str) -> None:
    assert set(_rights(name, _by_relation)) == {1}


@pytest.mark.parametrize("name", OF_CAMERAS)
def test_who_goes_by_the_next_prompt_alone_is_right_by_chance(name: str) -> None:
    """That is, where the first setup of whom it names happens to be the one that was asked for."""
    told = _answers(name, _by_next_prompt)
    by_luck = [
        float(asked == _setups_of(_set_of(film), setup_of(_set_of(film), asked).subjects)[0].name)
        for film, asked in (_asked(answer.cut) for answer in told)
    ]
    assert [answer.right for answer in told] == by_luck
    assert sum(by_luck) < len(by_luck) / 2


def _asked(cut: str) -> tuple[str, str]:
    """The film and the next setup that the name of a cut tells."""
    film, setups = cut.split(":")
    return film, setups.split("-")[1].replace("_", " ")


def test_who_knows_no_names_is_right_half_of_the_time() -> None:
    """That is, whenever the first lead was asked for."""

    def always_the_first(cut: Cut) -> Image.Image:
        film_set, asked = _set_of(cut.film), cut.next.name.replace("_", " ")
        return shot(film_set, setup_of(film_set, f"{asked[:-1]}a"))

    told = _answers("name binding", always_the_first)
    assert [answer.right for answer in told] == [float(answer.cut.endswith("a")) for answer in told]
    assert {answer.chance for answer in told} == {0.5}
    assert len({answer.right for answer in told}) == 2


def test_who_swaps_people_is_wrong_about_all_of_them() -> None:
    assert set(_rights("name binding", _with_people_swapped)) == {0}


@pytest.mark.parametrize("name", OF_CAMERAS)
def test_nothing_but_the_relational_prompt_says_how_it_is_shot(name: str) -> None:
    for case in _cases(PROBED[name]):
        prompt, setup = case.cut.next.prompt, case.following
        assert not {setup.size, "shot", "close", "from", "profile", "shoulder"} & set(
            prompt.text.split()
        )
        assert not prompt.attributes
        others = _setups_of(case.film_set, setup.subjects)
        told = [other.name for other in others if _is_told(other, case.cut.relational.transition)]
        assert told == [setup.name]
        fewest = len(others) - (case.current.subjects == setup.subjects)
        assert PROBED[name].chance(case) == 1 / fewest


def test_a_prompt_is_swapped_between_the_same_shot_and_the_same_subject() -> None:
    for number in range(HELD_OUT.count):
        cases = PROBED["prompt swap"].cases(HELD_OUT.shots(number), Random(number))
        assert len(cases) > 1
        assert len({(case.current.name, case.following.subjects) for case in cases}) == 1
        assert len({case.following.name for case in cases}) == len(cases)
        texts = {case.cut.next.prompt.text for case in cases}
        assert len(texts) == 1
        assert len({case.cut.relational.text for case in cases}) == len(cases)


def test_a_name_is_introduced_before_it_stands_alone() -> None:
    for case in _cases(PROBED["name binding"]):
        prompt, cast = case.cut.prompt, case.film_set.cast[:2]
        looks = {person.look.short for person in cast}
        assert looks <= {person.look for person in mentions(prompt.current.summary)}
        for text in (prompt.next.text, prompt.relational.text):
            assert {person.look for person in mentions(text)} == {None}
            assert "skin" not in text
            assert "facing" not in text
        assert case.current.subjects == ("a", "b")


def test_unseen_looks_are_withheld_ones_and_known_looks_may_be_learnt() -> None:
    for case in _cases(PROBED["unseen looks"]):
        assert all(held_out_look(person.look) for person in case.film_set.cast)
        assert {"a", "b", "c"} >= set(case.following.subjects)
    known = [case.film_set.seed for case in _cases(PROBED["known looks"])]
    assert known == [HELD_OUT.seed + number for number in range(HELD_OUT.count)]


def test_figures_are_means_with_what_chance_would_give() -> None:
    told = [
        Answer(
            probe="name binding",
            cut=f"cut {number}",
            right=right,
            chance=0 if right is None else 0.5,
        )
        for number, right in enumerate((1.0, 1.0, 0.0, None, 1.0))
    ]
    binding = figures(told)["name binding"]
    right, chance = binding[RIGHT], binding[CHANCE]
    assert right is not None
    assert chance is not None
    assert (right.mean, right.count, chance.mean) == (0.75, 4, 0.5)
    assert figures(told)["prompt swap"][RIGHT] is None
    assert figures(told[::-1]) == figures(told)
