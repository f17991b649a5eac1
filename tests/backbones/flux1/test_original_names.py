"""The original names: agreement with diffusers' own reading of them, which holds at one width."""

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_flux_transformer_checkpoint_to_diffusers
from torch import Tensor

from cut2next.backbones.flux1.original_names import STACKS, has_original_names, to_diffusers
from cut2next.backbones.flux1.transformer import Flux1Transformer

WIDTH = 3072
"""FLUX.1's; diffusers has it in its code."""


def original(width: int, prefix: str = "") -> dict[str, Tensor]:
    """A checkpoint of two and three blocks. Matrices have the true rows and a single column."""
    chance = torch.Generator().manual_seed(0)
    rows = {"img_mod.lin": 6, "txt_mod.lin": 6, "modulation.lin": 3, "linear1": 7, "linear2": 1}
    rows |= {"img_attn.qkv": 3, "txt_attn.qkv": 3, "img_mlp.0": 4, "txt_mlp.0": 4}
    shapes: dict[str, tuple[int, ...]] = {}
    for stack, count in (
        (STACKS["transformer_blocks"], 2),
        (STACKS["single_transformer_blocks"], 3),
    ):
        for number in range(count):
            block = f"{stack.name}.{number}"
            for whole in stack.wholes:
                shapes[f"{block}.{whole}.weight"] = (rows.get(whole, 1) * width, 1)
                shapes[f"{block}.{whole}.bias"] = (rows.get(whole, 1) * width,)
            shapes |= {f"{block}.{norm}": (128,) for norm in stack.norms}
    outside = ["img_in", "txt_in", "final_layer.linear", "final_layer.adaLN_modulation.1"]
    outside += [f"{one}_in.{layer}" for one in ("time", "vector", "guidance")
                for layer in ("in_layer", "out_layer")]  # fmt: skip
    for module in outside:
        height = 2 * width if module == outside[3] else width
        shapes |= {f"{module}.weight": (height, 1), f"{module}.bias": (height,)}
    return {prefix + name: torch.randn(shape, generator=chance) for name, shape in shapes.items()}


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_diffusers_reads_them_as_we_do(prefix: str) -> None:
    given = original(WIDTH, prefix)
    assert has_original_names(given)
    ours, theirs = (
        to_diffusers(given),
        convert_flux_transformer_checkpoint_to_diffusers(dict(given)),
    )
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert torch.equal(ours[name], tensor), name


def test_all_of_flux1_has_a_name() -> None:
    with torch.device("meta"):
        model = Flux1Transformer(num_layers=2, num_single_layers=3, guidance_embeds=True)
    renamed = to_diffusers(original(WIDTH))
    assert renamed.keys() == model.state_dict().keys()
    assert not has_original_names(model.state_dict())
    for name, tensor in model.state_dict().items():
        if "norm_" not in name and "proj_out" not in name:
            assert renamed[name].shape[0] == tensor.shape[0], name


def test_a_strange_name_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        to_diffusers({**original(64), "double_blocks.0.third_eye.weight": torch.zeros(1)})
