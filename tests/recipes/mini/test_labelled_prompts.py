"""Labels of prompts are true, and numbered."""

from random import Random

import pytest
import torch

from cut2next.conditioning import Segment
from cut2next.recipes.mini.labelled_prompts import LabelIndex, labelled_prompts
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import repertoire_named


def test_labels_say_what_the_set_is() -> None:
    film_set = build_set(0, repertoire=repertoire_named("café"))
    lead = film_set.cast[0]
    for kind, prompt in labelled_prompts(film_set, Random(0)):
        labels = prompt.named[lead.name.lower()]
        assert labels["hair"] == lead.look.hair
        assert labels["top_color"] == lead.look.top_color
        assert prompt.shot["hour"] == film_set.hour
        assert ("framing" in prompt.shot) == (kind is Segment.NEXT_PROMPT)


def test_classes_have_numbers_and_what_is_not_labelled_has_none() -> None:
    index = LabelIndex([{"hair": "red"}, {"hair": "black", "top": "jacket"}])
    assert index.sizes == [2, 1]
    assert index.numbers({"hair": "red"}) == [1, -100]
    sure = torch.tensor([[-30.0, 30.0, 0.0]])
    assert index.loss(sure, torch.tensor([[1, -100]])) == pytest.approx(0, abs=1e-6)
    assert index.loss(sure, torch.tensor([[0, -100]])) > 50
