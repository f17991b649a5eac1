"""Labels of prompts are true, and numbered."""

import re
from random import Random

import pytest
import torch

from cut2next.backbones.mini import architecture
from cut2next.conditioning import Segment
from cut2next.film import mentions
from cut2next.recipes.mini.labelled_prompts import (
    LabelIndex,
    LabelledPrompt,
    labelled_prompts,
    tokenized,
)
from cut2next.soundstage.film_set import FilmSet, build_set


def prompts_of(seed: int) -> list[tuple[FilmSet, Segment, LabelledPrompt]]:
    film_set = build_set(seed)
    return [(film_set, kind, prompt) for kind, prompt in labelled_prompts(film_set, Random(seed))]


@pytest.mark.parametrize("seed", range(4))
def test_every_mention_is_labelled_with_the_name_and_what_is_said_there(seed: int) -> None:
    looks = names = 0
    for film_set, _, prompt in prompts_of(seed):
        people = {person.name.lower(): person for person in film_set.cast}
        labelled = [(people[word], labels) for word, labels in prompt.named if word in people]
        mentioned = list(mentions(prompt.text))
        assert [person.name for person, _ in labelled] == [m.name for m in mentioned]
        for (person, labels), mention in zip(labelled, mentioned, strict=True):
            told = prompt.text[mention.start :].startswith(str(person.character))
            skin = f"<{person.name}>, {person.look.skin} skin"
            assert labels["name"] == person.name
            assert labels.get("hair") == (person.look.hair if told else None)
            assert labels.get("top_color") == (person.look.top_color if told else None)
            assert ("skin" in labels) == prompt.text[mention.start :].startswith(skin)
            looks, names = looks + told, names + (not told)
    assert looks > 20
    assert names > 20


@pytest.mark.parametrize("seed", range(4))
def test_the_camera_is_labelled_where_it_is_told_and_the_pattern_always(seed: int) -> None:
    untold = 0
    for film_set, kind, prompt in prompts_of(seed):
        if kind is Segment.RELATIONAL_PROMPT:
            assert prompt.shot["CUT_IN"] == str("a cut-in" in prompt.text)
            assert ("framing" in prompt.shot) == (", as a" in prompt.text)
        untold += "framing" not in prompt.shot
        if prompt.shot.get("angle") == "low":
            assert re.search("below|low angle|Angle: low", prompt.text)
        if prompt.shot.get("size") == "close up":
            assert re.search("close up", prompt.text, re.IGNORECASE)
        if "view" in prompt.shot:
            assert re.search("view|View", prompt.text)
        assert ("grade" in prompt.shot) == bool(
            re.search(f"Color: {film_set.grade}|{film_set.grade} color", prompt.text)
        )
    assert 10 < untold < 40


def test_the_subject_is_labelled_with_the_camera_where_it_is_said_to_be_the_subject() -> None:
    for film_set, kind, prompt in prompts_of(0):
        for word, labels in prompt.named:
            if labels.get("role") == "0":
                assert labels.get("framing") == prompt.shot.get("framing")
                assert labels.get("CUT_IN") == prompt.shot.get("CUT_IN")
                assert kind is Segment.RELATIONAL_PROMPT or labels.items() <= prompt.shot.items()
            elif word in {prop.name for prop in film_set.props}:
                assert labels["color"] in {prop.color for prop in film_set.props}


def test_what_is_named_is_found_again_among_the_tokens_though_a_word_was_put_before() -> None:
    words = architecture.tokenizer(["Anna red Ben bob"])
    index = LabelIndex([{"name": "Anna"}, {"name": "Ben"}])
    anna, ben = {"name": "Anna"}, {"name": "Ben"}
    named = [("anna", anna), ("ben", ben), ("anna", anna)]
    prompt = LabelledPrompt(text="Anna red Ben, Anna bob", named=named, shot={})
    tokens = tokenized([prompt], words, index, 8)
    for before, ids in ((0, tokens.ids), (1, tokens.ids.roll(1, dims=1))):
        row, place, number = tokens.places(torch.tensor([0]), ids)
        assert row.tolist() == [0, 0, 0]
        assert place.tolist() == [before, before + 2, before + 3]
        assert number.tolist() == [0, 1, 2]


def test_classes_have_numbers_and_what_is_not_labelled_has_none() -> None:
    index = LabelIndex([{"hair": "red"}, {"hair": "black", "top": "jacket"}])
    assert index.sizes == [2, 1]
    assert index.numbers({"hair": "red"}) == [1, -100]
    sure = torch.tensor([[-30.0, 30.0, 0.0]])
    assert index.loss(sure, torch.tensor([[1, -100]])) == pytest.approx(0, abs=1e-6)
    assert index.loss(sure, torch.tensor([[0, -100]])) > 50
