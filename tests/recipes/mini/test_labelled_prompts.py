"""Labels of prompts are true, and numbered."""

import re
from random import Random

import pytest
import torch

from cut2next.conditioning import Segment
from cut2next.recipes.mini.labelled_prompts import LabelIndex, LabelledPrompt, labelled_prompts
from cut2next.soundstage.film_set import FilmSet, build_set


def prompts_of(seed: int) -> list[tuple[FilmSet, Segment, LabelledPrompt]]:
    film_set = build_set(seed)
    return [(film_set, kind, prompt) for kind, prompt in labelled_prompts(film_set, Random(seed))]


@pytest.mark.parametrize("seed", range(4))
def test_whoever_is_named_is_labelled_with_the_name_and_what_is_told_of_the_look(seed: int) -> None:
    looks, names = 0, 0
    for film_set, _, prompt in prompts_of(seed):
        for person in film_set.cast:
            labels = prompt.named.get(person.name.lower())
            assert (labels is None) == (f"<{person.name}>" not in prompt.text)
            if labels is not None:
                told = str(person.character) in prompt.text
                assert labels["name"] == person.name
                assert labels.get("hair") == (person.look.hair if told else None)
                assert labels.get("top_color") == (person.look.top_color if told else None)
                assert ("skin" in labels) == (f"<{person.name}>, {person.look.skin}" in prompt.text)
                looks, names = looks + told, names + (not told)
    assert looks > 20
    assert names > 10


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


def test_a_subject_brings_its_own_labels_and_those_of_the_camera() -> None:
    for film_set, _, prompt in prompts_of(0):
        for labels in prompt.named.values():
            if labels.get("role") == "0":
                assert labels.items() <= prompt.shot.items()
                assert labels.get("framing") == prompt.shot.get("framing")
            elif "role" not in labels:
                assert labels["color"] in {prop.color for prop in film_set.props}


def test_classes_have_numbers_and_what_is_not_labelled_has_none() -> None:
    index = LabelIndex([{"hair": "red"}, {"hair": "black", "top": "jacket"}])
    assert index.sizes == [2, 1]
    assert index.numbers({"hair": "red"}) == [1, -100]
    sure = torch.tensor([[-30.0, 30.0, 0.0]])
    assert index.loss(sure, torch.tensor([[1, -100]])) == pytest.approx(0, abs=1e-6)
    assert index.loss(sure, torch.tensor([[0, -100]])) > 50
