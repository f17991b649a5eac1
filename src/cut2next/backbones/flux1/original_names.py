"""The names that FLUX.1's authors gave their weights, and diffusers' for the same.

Single-file checkpoints, GGUF and kohya's LoRAs use the former. Matrices that act on one input are
one matrix there: queries, keys and values, and in single-stream blocks the first of the
feed-forward too; diffusers keeps them apart. One table says it for all of them.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor


class Stack(NamedTuple):
    """A stack of blocks: its name, and by the name of a whole matrix the modules it is made of."""

    name: str
    wholes: Mapping[str, tuple[str, ...]]
    norms: Mapping[str, str]


STACKS: Mapping[str, Stack] = MappingProxyType(
    {
        "transformer_blocks": Stack(
            "double_blocks",
            {
                "img_mod.lin": ("norm1.linear",),
                "img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
                "img_attn.proj": ("attn.to_out.0",),
                "img_mlp.0": ("ff.net.0.proj",),
                "img_mlp.2": ("ff.net.2",),
                "txt_mod.lin": ("norm1_context.linear",),
                "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
                "txt_attn.proj": ("attn.to_add_out",),
                "txt_mlp.0": ("ff_context.net.0.proj",),
                "txt_mlp.2": ("ff_context.net.2",),
            },
            {
                "img_attn.norm.query_norm.scale": "attn.norm_q.weight",
                "img_attn.norm.key_norm.scale": "attn.norm_k.weight",
                "txt_attn.norm.query_norm.scale": "attn.norm_added_q.weight",
                "txt_attn.norm.key_norm.scale": "attn.norm_added_k.weight",
            },
        ),
        "single_transformer_blocks": Stack(
            "single_blocks",
            {
                "modulation.lin": ("norm.linear",),
                "linear1": ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"),
                "linear2": ("proj_out",),
            },
            {
                "norm.query_norm.scale": "attn.norm_q.weight",
                "norm.key_norm.scale": "attn.norm_k.weight",
            },
        ),
    }
)
"""By diffusers' name of a stack."""
OUTSIDE = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_text_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_text_embed.timestep_embedder.linear_2",
    "vector_in.in_layer": "time_text_embed.text_embedder.linear_1",
    "vector_in.out_layer": "time_text_embed.text_embedder.linear_2",
    "guidance_in.in_layer": "time_text_embed.guidance_embedder.linear_1",
    "guidance_in.out_layer": "time_text_embed.guidance_embedder.linear_2",
    "final_layer.linear": "proj_out",
    "final_layer.adaLN_modulation.1": "norm_out.linear",
}
"""Modules outside the blocks."""
LAST = "final_layer.adaLN_modulation.1"
"""The module whose halves diffusers has the other way round."""
_PREFIX = "model.diffusion_model."
_PLACE = re.compile(r"(double_blocks|single_blocks)\.(\d+)\.(.+)")
_DIFFUSERS = {stack.name: name for name, stack in STACKS.items()}


def has_original_names(tensors: Mapping[str, Tensor]) -> bool:
    """Whether a checkpoint names its weights as FLUX.1's authors did."""
    return any(_PLACE.search(name) for name in tensors)


def to_diffusers(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A checkpoint under diffusers' names; wholes are cut into views.

    Raises KeyError for a name that FLUX.1 does not have.
    """
    plain = {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
    width = plain["img_in.weight"].shape[0]
    return {
        renamed: part
        for name, tensor in plain.items()
        for renamed, part in _renamed(name, tensor, width)
    }


def _renamed(name: str, tensor: Tensor, width: int) -> Iterator[tuple[str, Tensor]]:
    placed = _PLACE.fullmatch(name)
    if placed is None:
        module, _, kind = name.rpartition(".")
        yield f"{OUTSIDE[module]}.{kind}", _swapped(tensor) if module == LAST else tensor
        return
    stack = _DIFFUSERS[placed[1]]
    block, rest = f"{stack}.{placed[2]}", placed[3]
    if rest in STACKS[stack].norms:
        yield f"{block}.{STACKS[stack].norms[rest]}", tensor
        return
    module, _, kind = rest.rpartition(".")
    parts = STACKS[stack].wholes[module]
    sizes = [width] * (len(parts) - 1)
    sizes.append(tensor.shape[0] - sum(sizes))
    for part, rows in zip(parts, tensor.split(sizes), strict=True):
        yield f"{block}.{part}.{kind}", rows


def _swapped(tensor: Tensor) -> Tensor:
    """The last modulation gives shift, then scale; diffusers takes them the other way round."""
    shift, scale = tensor.chunk(2)
    return torch.cat([scale, shift])
