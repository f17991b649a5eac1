"""What all encoded cuts share: strange words, and latents at the transformer's scale."""

import numpy as np
import pytest
import torch
from torch import Tensor

from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.recipes.mini.encoded import (
    DrawnCuts,
    Encoded,
    with_strange_word,
    with_strange_words,
)

IDS = torch.arange(10, 18).repeat(4000, 1)


def strange(ids: Tensor) -> Tensor:
    """How many words of each prompt no tokenizer knows."""
    return (ids == UNKNOWN).sum(dim=1)


def test_four_prompts_of_ten_hold_a_strange_word() -> None:
    count = strange(with_strange_word(IDS, np.random.default_rng(0)))
    assert count.max() == 1
    assert count.float().mean().item() == pytest.approx(0.4, abs=0.02)


def test_a_cuts_prompts_hold_up_to_two() -> None:
    counts = strange(with_strange_words(IDS.short(), np.random.default_rng(0)))
    shares = [(counts == number).float().mean().item() for number in range(4)]
    # 0.4 · 0.4 hold two, but for those whose first one the second pushed out at the end.
    assert shares == pytest.approx([0.36, 0.48, 0.16, 0], abs=0.03)


def test_a_strange_word_pushes_the_words_after_it_on_and_hides_none_before() -> None:
    made = with_strange_word(IDS, np.random.default_rng(1))
    places = set()
    for row in made.tolist():
        place = row.index(UNKNOWN) if UNKNOWN in row else 8
        places.add(place)
        assert row == ([*range(10, 10 + place), UNKNOWN, *range(10 + place, 18)])[:8]
    assert places == set(range(9))  # anywhere, and nowhere


class Latents(Encoded):
    """Nothing but latents."""

    def __init__(self, latents: Tensor) -> None:
        self.latents = latents

    def draw(self, chance: np.random.Generator, groups: int, each: int) -> DrawnCuts:
        raise NotImplementedError


def test_at_the_transformers_scale_latents_have_mean_0_and_spread_1() -> None:
    latents = torch.randn(40, 6, 4, generator=torch.Generator().manual_seed(0))
    data = Latents(latents * 5 + 3)
    shift, scale = data.shift_and_scale()
    assert shift == pytest.approx(3, abs=0.5)
    assert scale == pytest.approx(1 / 5, rel=0.1)
    made = data.scaled(shift, scale).latents
    assert made.mean().item() == pytest.approx(0, abs=1e-5)
    assert made.std().item() == pytest.approx(1, abs=1e-5)
