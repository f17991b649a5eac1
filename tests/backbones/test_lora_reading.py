"""Names in against names out: a file is read whole, or what it is besides is called by its name."""

from typing import Any

import pytest
import torch
from tests.backbones.flux1.toy import toy
from torch import Tensor

from cut2next.backbones.flux1.lora_naming import lora_tensors, read_lora
from cut2next.backbones.lora import misfit
from cut2next.backbones.lora_reading import kind_of

BLOCK = "transformer.transformer_blocks.0"
LAYER = "lora_unet_double_blocks_0_img_attn_proj"


def pair(module: str = f"{BLOCK}.attn.to_q", rank: int = 2, rows: int = 16) -> dict[str, Tensor]:
    return {
        f"{module}.lora_A.weight": torch.ones(rank, 16),
        f"{module}.lora_B.weight": torch.ones(rows, rank),
    }


STRANGE = {
    "LoKr": {f"{LAYER}.lokr_w1": torch.ones(2, 2), f"{LAYER}.lokr_w2": torch.ones(8, 8)},
    "LoHa": {f"{LAYER}.hada_w1_a": torch.ones(2, 2), f"{LAYER}.alpha": torch.tensor(1.0)},
    "OFT": {f"{LAYER}.oft_blocks": torch.ones(2, 2, 2)},
    "IA3": {f"{LAYER}.weight": torch.ones(2), f"{LAYER}.on_input": torch.tensor([1])},
    "GLoRA": {f"{LAYER}.a1.weight": torch.ones(2, 2)},
    "LoCon": {**pair(LAYER), f"{LAYER}.lora_mid.weight": torch.ones(2, 2)},
    "norms of a control LoRA": {**pair(), f"{BLOCK}.attn.norm_q.weight": torch.ones(8)},
    "whole matrices": {**pair(), f"{LAYER}.diff": torch.ones(16, 16)},
    "trained weights of the base": {**pair(), f"{BLOCK}.attn.to_q.base_layer.bias": torch.ones(16)},
}


@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_no_lora_is_called_by_its_name(kind: str) -> None:
    with pytest.raises(ValueError, match=f"{kind}: |belongs to no pair"):
        read_lora(STRANGE[kind], {})
    assert kind in kind_of(STRANGE[kind])


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"transformer.new_blocks.0.to_q.lora_A.weight": torch.ones(2, 2)}, "new_blocks.0.to_q"),
        ({f"{BLOCK}.attn.to_q.lora_C.weight": torch.ones(2, 2)}, "lora_C"),
        ({f"{BLOCK}.attn.to_k.lora_A.weight": torch.ones(2, 16)}, "belongs to no pair"),
        ({f"{BLOCK}.attn.to_k.lora_B.bias": torch.ones(16)}, "belongs to no pair"),
        ({f"{LAYER}.diff_b": torch.ones(16)}, "belongs to no pair"),
        ({f"{BLOCK}.attn.to_q.alpha": torch.tensor(0.0)}, "the alpha 0.0"),
        ({f"{BLOCK}.attn.to_q.alpha": torch.ones(2)}, r"the alpha \[1.0, 1.0\]"),
        ({f"{BLOCK}.attn.to_q.dora_scale": torch.ones(1, 24)}, "magnitudes by columns"),
        ({f"{BLOCK}.attn.to_q.dora_scale": torch.ones(1, 16)}, "magnitudes by columns"),
        (pair("transformer_blocks.0.attn.to_q"), "to_q is adapted twice"),
        ({f"{BLOCK}.attn.to_k.lora_A.weight": torch.ones(2, 2).int()}, "to_k.lora_A"),
        (pair("lora_unet_double_blocks_0_img_attn_qkv"), "too few for 3 matrices of 16"),
    ],
)
def test_what_makes_no_lora_whole_is_refused(tensors: dict[str, Tensor], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_lora({**pair(), **tensors}, {})


@pytest.mark.parametrize("begun", ["pissa", "pissa_niter_4", "olora", "loftq"])
def test_what_was_begun_with_another_base_is_refused(begun: str) -> None:
    with pytest.raises(ValueError, match=f"begun by {begun}, which changed the weights"):
        read_lora(pair(), {"transformer.init_lora_weights": begun})


def test_what_does_nothing_may_be_there() -> None:
    nothing = {
        f"{LAYER}.diff_b": torch.zeros(16),
        "lora_unet_double_blocks_0_img_norm1.diff": torch.zeros(16),
        "lora_te1_text_projection.lora_down.weight": torch.ones(2, 16),
    }
    assert list(read_lora({**pair(), **nothing}, {})["transformer"]) == [
        "transformer_blocks.0.attn.to_q"
    ]


def test_alphas_of_tensors_come_before_those_of_the_header() -> None:
    config = {"transformer.lora_alpha": 6, "transformer.alpha_pattern": {"to_k": 3}}
    tensors = {**pair(), **pair(f"{BLOCK}.attn.to_k"), **pair(f"{BLOCK}.attn.to_v")}
    tensors[f"{BLOCK}.attn.to_v.alpha"] = torch.tensor(5)
    alphas = {name[-1]: x.alpha for name, x in read_lora(tensors, config)["transformer"].items()}
    assert alphas == {"q": 6, "k": 3, "v": 5}
    assert {x.scale for x in read_lora(pair(), {})["transformer"].values()} == {1}
    of_another = {"text_encoder.lora_alpha": 6}
    assert {x.scale for x in read_lora(pair(), of_another)["transformer"].values()} == {1}


def test_an_alpha_may_be_named_after_the_first_factor_and_be_a_number() -> None:
    """As diffusers reads them: huggingface.co/TheLastBen/Jon_Snow_Flux_LoRA."""
    given: dict[str, Any] = {f"{BLOCK}.attn.to_q.lora_A.weight.alpha": 6.0}
    assert [x.alpha for x in read_lora({**pair(), **given}, {})["transformer"].values()] == [6]


@pytest.mark.parametrize("naming", ["diffusers", "kohya"])
def test_all_of_it_survives_another_naming(naming: str) -> None:
    clip, t5 = "text_encoder.text_model.encoder.layers.0.mlp.fc1", "encoder.block.0.layer.0"
    proj = f"{BLOCK}.attn.to_out.0"
    tensors = {
        **pair(proj),
        f"{proj}.alpha": torch.tensor(3.0),
        f"{proj}.lora_B.bias": torch.arange(16.0),
        f"{proj}.lora_magnitude_vector": torch.arange(16.0) + 1,
        **pair(clip, rank=4),
        **pair(f"text_encoder_2.{t5}.SelfAttention.q"),
    }
    networks = read_lora(tensors, {})
    again = read_lora(lora_tensors(networks, naming), {})
    assert {(part, name) for part, held in again.items() for name in held} == {
        ("transformer", "transformer_blocks.0.attn.to_out.0"),
        ("text_encoder", "text_model.encoder.layers.0.mlp.fc1"),
        ("text_encoder_2", f"{t5}.SelfAttention.q"),
    }
    for part, held in networks.items():
        for name, expected in held.items():
            factors = again[part][name]
            assert factors.alpha == expected.alpha
            assert factors.tensors.keys() == expected.tensors.keys()
            for kind, tensor in expected.tensors.items():
                torch.testing.assert_close(factors.tensors[kind], tensor)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({f"{BLOCK}.attn.to_q.dora_scale": torch.ones(16, 1)}, "some of its matrices only"),
        ({f"{BLOCK}.attn.to_q.lora_B.bias": torch.ones(15)}, "a bias of shape (15,)"),
        (
            {
                f"{BLOCK}.attn.to_q.dora_scale": torch.ones(16, 1),
                f"{BLOCK}.attn.to_k.dora_scale": torch.ones(16, 1),
                f"{BLOCK}.attn.to_q.lora_B.bias": torch.ones(16),
            },
            "which PEFT does not take together",
        ),
    ],
)
def test_what_peft_does_not_take_is_no_fit(more: dict[str, Tensor], said: str) -> None:
    lora = read_lora({**pair(), **pair(f"{BLOCK}.attn.to_k"), **more}, {})["transformer"]
    assert said in str(misfit(toy(), lora))
