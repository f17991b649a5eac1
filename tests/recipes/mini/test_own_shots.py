"""A model's own pictures: one of every setup that some cut leads to, made once, reel by reel."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)

from cut2next.conditioning import CLOSED, Segment
from cut2next.film import InputError
from cut2next.generation.conditioned import cut_layout
from cut2next.recipes.mini import MiniRecipe
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.recipes.mini.own_shots import OwnShots
from cut2next.recipes.mini.transformer import MiniModel


def make(own: OwnShots, model: MiniModel, data: EncodedRushes) -> list[int]:
    layout = cut_layout(CLOSED, data.prompt_tokens, current=(2, 3), following=(2, 3))
    return list(own.make(model, data, layout, FlowMatchEulerDiscreteScheduler(), 2))


def test_every_setup_that_a_cut_leads_to_is_told_once(data: EncodedRushes) -> None:
    data.joins[1, :, 4] = False  # nothing leads there any more
    setups, drawn = data.led_to(1, np.random.default_rng(0))
    assert setups.tolist() == [at for at in range(8) if data.joins[1, :, at].any()]
    assert 4 not in setups.tolist()
    assert drawn.latents[Segment.NEXT_SHOT].equal(data.latents[1, setups])
    for following, current in zip(setups, drawn.latents[Segment.CURRENT_SHOT], strict=True):
        (at,) = (n for n in range(8) if current.equal(data.latents[1, n]))
        assert data.joins[1, at, following].any()


def test_they_are_the_models_and_true_where_nothing_leads(
    data: EncodedRushes, new_model: Callable[[], MiniModel], tmp_path: Path
) -> None:
    data.joins[1, :, 4] = False
    own, model = OwnShots(folder=tmp_path / "own", sets_a_reel=1), new_model().train()
    assert make(own, model, data) == [0, 1]
    assert model.training
    made = own.read()
    assert (made.shape, made.dtype) == (data.latents.shape, data.latents.dtype)
    for row, setup in np.argwhere(np.ones((2, 8))):
        same = made[row, setup].equal(data.latents[row, setup])
        assert same == (not data.joins[row, :, setup].any())


def test_what_is_there_is_not_made_again(
    data: EncodedRushes,
    new_model: Callable[[], MiniModel],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = OwnShots(folder=tmp_path / "own", sets_a_reel=1)
    make(own, new_model(), data)
    whole = own.read()
    (tmp_path / "own" / "reel-00001.safetensors").unlink()
    asked, led_to = list[int](), EncodedRushes.led_to

    def noted(data: EncodedRushes, row: int, chance: np.random.Generator) -> Any:
        asked.append(row)
        return led_to(data, row, chance)

    monkeypatch.setattr(EncodedRushes, "led_to", noted)
    assert make(own, new_model(), data) == [0, 1]
    assert asked == [1]
    torch.testing.assert_close(own.read(), whole, rtol=0, atol=0)


def test_who_begins_with_nothing_has_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="own pictures, of no model"):
        MiniRecipe(folder=tmp_path, own_share=0.2)
