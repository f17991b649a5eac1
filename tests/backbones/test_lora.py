"""What the LoRA adapts, at which scale, and what it does not fit."""

import re

import pytest
import torch
from tests.backbones.flux1.toy import inputs, toy

from cut2next.backbones.flux1 import Flux1Facts
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.lora import ALPHA, RANK, Factors, adapted, inject, misfit
from cut2next.conditioning import CLOSED


def test_it_adapts_every_matrix_that_tokens_pass_through_in_the_blocks_and_no_other() -> None:
    with torch.device("meta"):
        flux = Flux1Transformer(guidance_embeds=True)
    linear = {n for n, module in flux.named_modules() if isinstance(module, torch.nn.Linear)}
    chosen = {name for name in linear if re.fullmatch(Flux1Facts.lora_targets, name)}
    left = {name.split(".", 1)[0] if "blocks" not in name else name for name in linear - chosen}
    assert len(chosen) == 19 * 12 + 38 * 5
    assert {name for name in left if "blocks" not in name} == {
        "context_embedder", "norm_out", "proj_out", "time_text_embed", "x_embedder",
    }  # fmt: skip
    modulation = r"transformer_blocks\.\d+\.norm1(_context)?\.linear"
    single = r"single_transformer_blocks\.\d+\.norm\.linear"
    assert all(re.fullmatch(f"{modulation}|{single}", name) for name in left if "blocks" in name)


def test_a_new_one_changes_nothing_and_trains_alone() -> None:
    model, given = toy(), inputs(CLOSED)
    before = given.velocity(model).detach()
    inject(model, "new", rank=4)
    model.double()
    assert torch.equal(given.velocity(model).detach(), before)
    assert all("lora_" in name for name, p in model.named_parameters() if p.requires_grad)


def test_it_has_the_papers_rank_unless_told_otherwise() -> None:
    model = toy(torch.float32)
    inject(model, "new")
    factors = adapted(model, "new")["transformer_blocks.0.attn.to_q"]
    assert (factors.rank, factors.alpha, factors.scale) == (RANK, ALPHA, 1.0)
    assert factors.down.shape == (RANK, 16)


def test_the_factors_of_none_are_none() -> None:
    assert adapted(toy(), "absent") == {}


@pytest.mark.parametrize(
    ("name", "down", "up", "reason"),
    [
        ("transformer_blocks.0.attn.to_q", (4, 16), (16, 4), None),
        ("transformer_blocks.9.attn.to_q", (4, 16), (16, 4), "does not have"),
        ("transformer_blocks.0.attn.to_q", (4, 3072), (16, 4), "made for a matrix of (16, 3072)"),
        ("transformer_blocks.0.attn.to_q", (4, 16), (16, 5), "unequal rank"),
        ("transformer_blocks.0.norm1.norm", (4, 16), (16, 4), "this transformer has (None, None)"),
    ],
)
def test_what_does_not_fit_is_told(
    name: str, down: tuple[int, int], up: tuple[int, int], reason: str | None
) -> None:
    lora = {name: Factors(down=torch.zeros(down), up=torch.zeros(up), alpha=4)}
    misfitting = misfit(toy(), lora)
    assert misfitting is None if reason is None else reason in str(misfitting)
