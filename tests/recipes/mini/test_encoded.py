"""What all encoded cuts share: strange words, and latents at the transformer's scale."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.conditioning import Segment
from cut2next.recipes.mini.encoded import (
    DrawnCuts,
    Encoded,
    with_strange_word,
)

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


class Latents(Encoded):
    """Nothing but latents."""

    def __init__(self, latents: Tensor) -> None:
        self.latents = latents

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        raise NotImplementedError

    def draw(self, chance: np.random.Generator, groups: int, each: int) -> DrawnCuts:
        raise NotImplementedError


def test_at_the_transformers_scale_latents_have_a_root_mean_square_of_1() -> None:
    latents = torch.randn(40, 6, 4, generator=torch.Generator().manual_seed(0))
    data = Latents(latents * 4 + 3)
    scale = data.scale()
    assert scale == pytest.approx(1 / 5, rel=0.1)
    made = data.scaled(0.0, scale).latents
    assert made.square().mean().item() == pytest.approx(1, abs=1e-5)
