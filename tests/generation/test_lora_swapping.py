"""One LoRA takes the place of another, whatever its ranks and alphas."""

from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file
from tests.generation.loras import (
    assert_unchanged,
    fresh,
    shot,
    state,
    text_lora,
    with_own_encoder,
    written,
)
from tests.generation.toy import assert_same
from torch import nn

from cut2next.film import InputError


def varied(folder: Path) -> Path:
    """A LoRA of other ranks and alphas than `written` has, of fewer matrices."""
    pipe, path = fresh(), folder / "varied.safetensors"
    patterns: dict[str, Any] = {
        "rank_pattern": {"to_q": 6, "proj_mlp": 2},
        "alpha_pattern": {"to_k": 9},
    }
    targets = ["to_q", "to_k", "proj_mlp", "ff.net.2"]
    config = peft.LoraConfig(r=3, lora_alpha=2, target_modules=targets, **patterns)
    pipe.transformer.add_adapter(config, "varied")
    for parameter in (p for n, p in pipe.transformer.named_parameters() if "lora_" in n):
        nn.init.normal_(parameter.data, std=0.2, generator=torch.Generator().manual_seed(3))
    pipe.save_lora_weights(path, "varied")
    return path


@pytest.mark.parametrize("padded", [True, False])
def test_one_is_swapped_for_another(padded: bool, tmp_path: Path) -> None:
    expected, pipe = fresh(), fresh()
    expected.load_lora_weights(varied(tmp_path), "mine")
    if padded:
        pipe.enable_lora_hotswap(target_rank=8)
    pipe.load_lora_weights(written(tmp_path), "mine")
    pipe.load_lora_weights(varied(tmp_path), "mine", hotswap=True)
    assert_same(shot(pipe), shot(expected))
    pipe.save_lora_weights(tmp_path / "again.safetensors", "mine")
    again = fresh()
    again.load_lora_weights(tmp_path / "again.safetensors", "mine")
    assert_same(shot(again), shot(expected))
    for each in (pipe, expected):
        each.set_adapters(["mine"], [0.5])
    assert_same(shot(pipe), shot(expected))


def test_what_cannot_be_swapped_changes_nothing(tmp_path: Path) -> None:
    pipe, path = with_own_encoder(), written(tmp_path)
    with pytest.raises(InputError, match="to swap in for 'mine', on nothing"):
        pipe.load_lora_weights(path, "mine", hotswap=True)
    pipe.load_lora_weights(varied(tmp_path), "mine")
    before = state(pipe)
    with pytest.raises(InputError, match="both on the transformer alone"):
        pipe.load_lora_weights({**load_file(path), **text_lora()}, "mine", hotswap=True)
    with pytest.raises(InputError, match="adapts no more than that"):
        pipe.load_lora_weights(path, "mine", hotswap=True)
    assert_unchanged(pipe, before)
    pipe.fuse_lora()
    with pytest.raises(InputError, match="which is fused"):
        pipe.load_lora_weights(varied(tmp_path), "mine", hotswap=True)
