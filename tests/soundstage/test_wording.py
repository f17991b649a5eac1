import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soundstage.sets import film_set, object_ids, share

from cut2next.film import EditingPattern
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet, build_set
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.people import COMPANY
from cut2next.soundstage.places import PLACES
from cut2next.soundstage.repertoire import EVERYTHING, repertoire_named
from cut2next.soundstage.shooting import draw_cut
from cut2next.soundstage.wording import (
    Telling,
    individual_prompt,
    introduced,
    may_be_learnt,
    relational_prompt,
    subject_prompt,
)

SEEDS = st.integers(0, 2**31)


@given(SEEDS)
def test_all_three_prompts_write_the_same_names(seed: int) -> None:
    shot_on, chance = build_set(seed), Random(seed)
    current, following, joined = draw_cut(shot_on, chance)
    relational = relational_prompt(shot_on, joined, following, chance)
    looks = {person.name: person.look.short for person in shot_on.cast}
    for lead in shot_on.cast[:2]:
        assert f"<{lead.name}> ({lead.look.short})" in relational.scene
    for setup in (current, following):
        prompt = individual_prompt(shot_on, setup, chance)
        mentions = re.findall(r"<(\w+)>(?: \(([^)]*)\))?", prompt.text)
        assert all(looks[name] == look for name, look in mentions if look)
        # whoever is named is introduced with a look, before or as the name is used
        assert {name for name, _ in mentions} == {name for name, look in mentions if look}
        subjects = {shot_on.cast[OWNERS.index(who)].name for who in setup.subjects if who in OWNERS}
        assert subjects <= {name for name, _ in mentions}


@given(SEEDS)
def test_the_pattern_is_said_in_words(seed: int) -> None:
    shot_on, chance = build_set(seed), Random(seed)
    _, following, joined = draw_cut(shot_on, chance)
    caption = relational_prompt(shot_on, joined, following, chance).transition
    said = {pattern for pattern in EditingPattern if _SAID[pattern] in caption}
    assert said == joined


_SAID = {
    EditingPattern.SHOT_REVERSE_SHOT: "shot/reverse shot",
    EditingPattern.CUT_IN: "cut-in",
    EditingPattern.CUT_OUT: "cut-out",
    EditingPattern.CUTAWAY: "cutaway",
    EditingPattern.MULTI_ANGLE: "multi-angle",
}


def test_the_same_chance_gives_the_same_words_and_another_gives_synonyms() -> None:
    shot_on = film_set(4)
    setup = shot_on.setups[0]
    texts = [individual_prompt(shot_on, setup, Random(seed)).text for seed in (*range(20), 0)]
    assert texts[0] == texts[-1]
    assert len(set(texts)) > 1


@pytest.mark.parametrize("seed", range(12))
def test_light_place_and_grade_are_said_as_they_are(seed: int) -> None:
    shot_on = film_set(seed)
    for setup in shot_on.setups:
        prompt = individual_prompt(shot_on, setup, Random(seed))
        assert shot_on.place.name in prompt.summary
        assert prompt.attributes["Light"] == HOURS[shot_on.hour].words
        assert prompt.attributes["Color"] == shot_on.grade


def test_what_is_said_to_be_in_frame_is_in_frame() -> None:
    """Save for what someone's back or the table hides, so this is held over all, not for each."""
    named = seen = 0
    for seed in range(8):
        shot_on = film_set(seed)
        for setup in shot_on.setups:
            ids = object_ids(shot_on, setup)
            for owner in _named_in(shot_on, setup):
                named += 1
                seen += share(shot_on, ids, owner) > 0
    assert named > 100
    assert seen / named > 0.85


def _named_in(shot_on: FilmSet, setup: Setup) -> list[str]:
    """Whom and what the description mentions beside the subjects."""
    text = individual_prompt(shot_on, setup, Random(0)).description
    things = {f"prop{at}": f"{prop.color} {prop.name}" for at, prop in enumerate(shot_on.props)}
    things |= {
        owner: f"<{person.name}> ({person.look.short})"
        for owner, person in zip(OWNERS, shot_on.cast, strict=False)
    }
    return [owner for owner, words in things.items() if words in text]


@given(SEEDS)
def test_known_people_are_called_by_name_alone_and_nobody_else(seed: int) -> None:
    shot_on, chance = build_set(seed), Random(seed)
    current, following, joined = draw_cut(shot_on, chance)
    telling = Telling(known=frozenset(introduced(current)))
    told = [
        relational_prompt(shot_on, joined, following, chance, telling).text,
        individual_prompt(shot_on, following, chance, telling).text,
        subject_prompt(shot_on, following, chance, telling).text,
    ]
    for owner, person in zip(OWNERS, shot_on.cast, strict=False):
        texts = [text for text in told if f"<{person.name}>" in text]
        if owner == "c":  # whom the relational prompt names where the cut goes to, without a look
            texts = [text for text in texts if text != told[0]]
        if owner in introduced(current):
            assert str(person.character) in individual_prompt(shot_on, current, chance).summary
            assert not any(person.look.short in text for text in texts)
            assert not any(f"<{person.name}>, {person.look.skin}" in text for text in texts)
        else:
            assert all(str(person.character) in text for text in texts)


@given(SEEDS)
def test_a_subject_prompt_says_nothing_of_the_camera(seed: int) -> None:
    """Two setups of one subject have the same subject prompt."""
    shot_on = build_set(seed)
    prompts = {
        (setup.subjects, subject_prompt(shot_on, setup, Random(seed)).text)
        for setup in shot_on.setups
    }
    assert len(prompts) == len({setup.subjects for setup in shot_on.setups})
    for subjects, text in prompts:
        for owner in subjects:
            if owner in OWNERS:
                assert str(shot_on.cast[OWNERS.index(owner)].character) in text


@given(SEEDS)
def test_the_relational_prompt_can_tell_the_setups_of_a_subject_apart(seed: int) -> None:
    shot_on = build_set(seed)
    told = {
        relational_prompt(
            shot_on,
            {EditingPattern.CUT_IN},
            setup,
            Random(seed),
            Telling(camera_in_relation=True),
        ).transition
        for setup in shot_on.setups
    }
    assert len(told) == len(shot_on.setups)


@given(SEEDS)
def test_the_camera_is_told_as_attributes_or_in_the_summary(seed: int) -> None:
    shot_on, telling = build_set(seed), Telling(camera_in_attributes=True, view=True, lens=True)
    for setup in shot_on.setups:
        apart = individual_prompt(shot_on, setup, Random(seed), telling)
        assert apart.summary.removesuffix(f" in the {shot_on.place.name}") == (
            subject_prompt(shot_on, setup, Random(seed), Telling(place=False)).summary
        )
        assert apart.attributes["Framing"] == setup.framing
        assert apart.attributes.get("Shot Size", setup.size) == setup.size
        inline = individual_prompt(shot_on, setup, Random(seed), Telling(view=True, lens=True))
        for name in ("View", "Lens"):
            if name in apart.attributes:
                assert f", {apart.attributes[name]} {name.lower()}" in inline.summary


@given(SEEDS)
def test_a_prompt_tells_of_which_part_it_may_be(seed: int) -> None:
    shot_on = build_set(seed)
    prompt = individual_prompt(shot_on, shot_on.setups[0], Random(seed))
    for name in (shot_on.place.name, shot_on.hour, shot_on.grade):
        assert may_be_learnt(prompt, name)
    assert may_be_learnt(prompt, ",".join(PLACES))
    assert may_be_learnt(prompt, "")
    for part, is_of in (
        ("park", shot_on.place.name == "park"),
        ("day", shot_on.hour == "day"),
        ("natural", shot_on.grade == "natural"),
    ):
        assert may_be_learnt(prompt, part) == is_of


@given(SEEDS)
def test_a_prompt_tells_whether_the_company_may_play(seed: int) -> None:
    company = repertoire_named("company")
    for repertoire in (company, EVERYTHING):
        shot_on = build_set(seed, repertoire=repertoire)
        prompt = individual_prompt(shot_on, shot_on.setups[0], Random(seed))
        looks = {person.look for person in shot_on.cast[:2]}
        assert may_be_learnt(prompt, str(company)) == (looks <= set(COMPANY))


def test_the_company_is_told_apart_by_hair_and_top() -> None:
    for part in ("hair", "top_color", "short"):
        assert len({getattr(look, part) for look in COMPANY}) == len(COMPANY)


@given(SEEDS)
def test_a_lead_faces_the_way_the_other_is_in_the_picture(seed: int) -> None:
    shot_on = build_set(seed)
    a, b = (person.eyes for person in shot_on.cast[:2])
    for setup in shot_on.setups:
        if setup.subjects[0] in ("a", "b"):
            away = b - a if setup.subjects[0] == "a" else a - b
            way = "right" if away @ setup.view.axes[0] > 0 else "left"
            said = re.findall("facing (left|right)", _description(shot_on, setup))
            assert said == [way], setup.name


@pytest.mark.parametrize("seed", range(6))
def test_from_below_nothing_is_said_of_the_table_which_hides_what_stands_on_it(seed: int) -> None:
    shot_on = film_set(seed)
    for setup in shot_on.setups:
        if setup.angle == "low":
            assert "on the table" not in _description(shot_on, setup)
            ids = object_ids(shot_on, setup)
            assert max(share(shot_on, ids, prop) for prop in ("prop0", "prop1")) < 0.02


def _description(shot_on: FilmSet, setup: Setup) -> str:
    return individual_prompt(shot_on, setup, Random(0)).description
