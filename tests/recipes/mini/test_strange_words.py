"""Strange words are put into a share of prompts, and hide nothing before them."""

import numpy as np
import pytest
import torch
from torch import Tensor

from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.recipes.mini.strange_words import with_strange_word

IDS = torch.arange(10, 18).repeat(4000, 1)


def strange(ids: Tensor) -> Tensor:
    """How many words of each prompt no tokenizer knows."""
    return (ids == UNKNOWN).sum(dim=1)


def test_one_prompt_in_ten_holds_a_strange_word() -> None:
    count = strange(with_strange_word(IDS.short(), np.random.default_rng(0)))
    assert count.max() == 1
    assert count.float().mean().item() == pytest.approx(0.1, abs=0.015)


def test_a_strange_word_pushes_the_words_after_it_on_and_hides_none_before() -> None:
    made = with_strange_word(IDS, np.random.default_rng(1))
    places = set()
    for row in made.tolist():
        place = row.index(UNKNOWN) if UNKNOWN in row else 8
        places.add(place)
        assert row == ([*range(10, 10 + place), UNKNOWN, *range(10 + place, 18)])[:8]
    assert places == set(range(9))  # anywhere, and nowhere
