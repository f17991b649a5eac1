"""How cuts are told in training: by what chances, within what length, in whose words."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import PROMPT_TOKENS, UNKNOWN
from cut2next.conditioning import Segment
from cut2next.film import IndividualPrompt, mentions
from cut2next.generation.relation import implied_relation
from cut2next.recipes.mini.tellings import (
    CAMERA_DECIDED_IN_RELATION,
    CAMERA_IN_RELATION,
    IMPLIED,
    MISTAKEN,
    UNTOLD,
    current_prompt,
    drawn_telling,
    mistaken,
    told,
)
from cut2next.soundstage.film_set import OWNERS, FilmSet, build_set
from cut2next.soundstage.shooting import PossibleCut, possible_cuts
from cut2next.soundstage.wording import individual_prompt, introduced

SEEDS = st.integers(0, 2**31)


@cache
def _all_cuts() -> list[tuple[FilmSet, PossibleCut]]:
    """A few cuts of each of many sets, far from those that the tokenizer has read."""
    film_sets = [build_set(seed) for seed in range(5000, 5060)]
    return [
        (film_set, cut)
        for film_set in film_sets
        for cut in Random(film_set.seed).sample(list(possible_cuts(film_set)), 8)
    ]


def cuts(each: int = 1) -> Iterator[tuple[FilmSet, PossibleCut, Random]]:
    """Every cut `each` times, with chance."""
    for number in range(each):
        chance = Random(number)
        for film_set, cut in _all_cuts():
            yield film_set, cut, chance


def share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found)


def near(expected: float) -> object:
    return pytest.approx(expected, abs=0.04)


def character(film_set: FilmSet, owner: str) -> str:
    return str(film_set.cast[OWNERS.index(owner)].character)


def test_every_prompt_of_the_film_set_fits_and_has_known_words(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    texts: dict[Segment, list[str]] = {segment: [] for segment in PROMPT_TOKENS}
    for film_set, cut, chance in cuts():
        texts[Segment.CURRENT_PROMPT].append(current_prompt(film_set, cut.current, chance).text)
        texts[Segment.NEXT_PROMPT].append(individual_prompt(film_set, cut.next, chance).text)
        for names_alone, subject_alone in product((False, True), repeat=2):
            words = told(
                film_set, cut, chance, names_alone=names_alone, subject_alone=subject_alone
            )
            texts[Segment.RELATIONAL_PROMPT].append(words.relational.text)
            texts[Segment.NEXT_PROMPT].append(words.next.text)
    for segment, most in PROMPT_TOKENS.items():
        read = tokenizer(texts[segment])["input_ids"]
        assert not any(UNKNOWN in ids for ids in read)
        assert most - 6 < max(map(len, read)) <= most


def test_a_look_is_left_out_where_the_current_prompt_gives_it_and_nowhere_else() -> None:
    for film_set, cut, chance in cuts():
        for subject_alone in (False, True):
            text = told(
                film_set, cut, chance, names_alone=True, subject_alone=subject_alone
            ).next.text
            for person in mentions(text):
                (owner,) = (
                    w for w, p in zip(OWNERS, film_set.cast, strict=False) if p.name == person.name
                )
                known = owner in introduced(cut.current)
                assert not (known and person.look), text
                assert known or character(film_set, owner) in text


def test_a_current_prompt_introduces_people_with_their_looks() -> None:
    told_of = wrong = 0
    for film_set, cut, chance in cuts(4):
        prompt = current_prompt(film_set, cut.current, chance)
        for owner in introduced(cut.current) if prompt.summary != "The shot" else ():
            person = film_set.cast[OWNERS.index(owner)]
            assert f"<{person.name}> (" in prompt.summary
            told_of += 1
            wrong += str(person.character) not in prompt.summary
    assert 0 < wrong / told_of < MISTAKEN


def test_a_next_prompt_is_never_mistaken() -> None:
    for film_set, cut, chance in cuts():
        prompt = told(film_set, cut, chance).next
        assert all(
            character(film_set, who) in prompt.text for who in cut.next.subjects if who in OWNERS
        )
        angle = prompt.attributes.get("Angle", cut.next.angle)
        assert angle == cut.next.angle


def test_the_shares_are_as_stated() -> None:
    drawn = [told(*cut) for cut in cuts(3)]
    currents = [current_prompt(film_set, cut.current, chance) for film_set, cut, chance in cuts(3)]
    decided = [told(*cut, subject_alone=True).relational.transition for cut in cuts(3)]
    assert share(
        " stay the same" in words.relational.scene_consistency
        and "Background" in words.relational.scene_consistency
        for words in drawn
    ) == near(IMPLIED)
    assert share(", as a" in words.relational.transition for words in drawn) == near(
        CAMERA_IN_RELATION
    )
    assert share(", as a" in transition for transition in decided) == near(
        CAMERA_DECIDED_IN_RELATION
    )
    assert share(prompt.summary == "The shot" for prompt in currents) == near(UNTOLD)


def test_a_next_prompt_tells_the_camera_where_it_is_not_left_to_the_relational_one() -> None:
    for film_set, cut, chance in cuts():
        prompt = told(film_set, cut, chance).next
        subject_first = prompt.summary.startswith(("<", "The "))
        assert not subject_first or prompt.attributes["Framing"] == cut.next.framing


def test_a_telling_never_hides_the_camera() -> None:
    tellings = [drawn_telling(Random(seed)) for seed in range(2000)]
    assert all(telling.attributes for telling in tellings if telling.camera_in_attributes)
    assert share([telling.camera_in_attributes for telling in tellings]) == near(0.3 * 0.85)
    assert share([telling.description for telling in tellings]) == near(0.8 * 0.85)


@given(SEEDS)
def test_a_mistake_changes_one_thing_that_is_said_and_not_who_is_named(seed: int) -> None:
    film_set, chance = build_set(seed), Random(seed)
    setup = chance.choice(film_set.setups)
    wrong_set, wrong_setup = mistaken(film_set, setup, chance)
    assert (wrong_set is film_set) != (wrong_setup is setup)
    names = [person.name for person in film_set.cast]
    assert [person.name for person in wrong_set.cast] == names
    looks = zip(film_set.cast, wrong_set.cast, strict=True)
    assert sum(right.look != wrong.look for right, wrong in looks) <= 1


def test_what_the_command_line_writes_is_what_training_reads(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    """Word for word, as the tokenizer has it: one of many tellings of a cut is the same."""
    for film_set, cut, chance in list(cuts())[::12]:
        typed = (
            IndividualPrompt(summary=individual_prompt(film_set, setup, chance).summary)
            for setup in (cut.current, cut.next)
        )
        written = implied_relation(cut.patterns, *typed).text
        tellings = {told(film_set, cut, chance).relational.text for _ in range(60)}
        assert tokenizer(written)["input_ids"] in tokenizer(list(tellings))["input_ids"], written
    assert tokenizer("The shot.")["input_ids"] == tokenizer("")["input_ids"]
