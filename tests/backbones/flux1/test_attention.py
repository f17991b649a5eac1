"""Attention processors: what diffusers does to them holds here, or is refused."""

from typing import Any

import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.transformers.transformer_flux import (
    FluxAttnProcessor,
    FluxIPAdapterAttnProcessor,
)
from peft import LoraConfig
from tests.backbones.flux1.toy import assert_exact, inputs, toy

from cut2next.conditioning import CLOSED, TABLES, SegmentTable
from cut2next.film import InputError
from cut2next.generation.precision import check_mergeable


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_fused_projections_compute_the_same_and_are_used(table: SegmentTable) -> None:
    model, given = toy(), inputs(table)
    with torch.no_grad():
        expected = given.velocity(model)
        model.fuse_qkv_projections()  # type: ignore[no-untyped-call]
        assert_exact(given.velocity(model), expected)
        for name, parameter in model.named_parameters():
            if "qkv" in name:
                parameter.zero_()
        assert not torch.allclose(given.velocity(model), expected)
        model.unfuse_qkv_projections()  # type: ignore[no-untyped-call]
        assert_exact(given.velocity(model), expected)


def test_a_lora_beside_fused_projections_is_heard() -> None:
    plain, fused, given = toy(), toy(), inputs(CLOSED)
    fused.fuse_qkv_projections()  # type: ignore[no-untyped-call]
    for model in (plain, fused):
        torch.manual_seed(0)
        targets = ["to_q", "to_k", "to_v"]
        model.add_adapter(LoraConfig(r=4, target_modules=targets, init_lora_weights=False))
        torch.nn.Module.double(model)
    with torch.no_grad():
        assert_exact(given.velocity(fused), given.velocity(plain))


@pytest.mark.parametrize(
    "processor",
    [FluxAttnProcessor(), AttnProcessor(), FluxIPAdapterAttnProcessor(16, 10)],
    ids=lambda processor: type(processor).__name__,
)
def test_a_processor_that_knows_no_segments_is_refused(processor: Any) -> None:
    model, given = toy(), inputs(CLOSED)
    before = model.attn_processors
    model.set_attn_processor(processor)
    with pytest.raises(InputError, match=f"processor {type(processor).__name__}; expected Seg"):
        given.velocity(model)
    model.set_attn_processor(before)
    given.velocity(model)


def test_a_lora_is_not_merged_beside_what_fusing_copied() -> None:
    model = toy()
    model.fuse_qkv_projections()  # type: ignore[no-untyped-call]
    with pytest.raises(InputError, match="to merge beside fused projections"):
        check_mergeable(model)
    model.unfuse_qkv_projections()  # type: ignore[no-untyped-call]
    check_mergeable(model)
