"""How programs name the matrices of a FLUX.1 LoRA: diffusers' way, and kohya's.

kohya's scripts follow the original model, in which queries, keys and values (and in single-stream
blocks the first matrix of the feed-forward) are one matrix. Separate factors of its parts become
the factors of the whole: the downs on top of each other, the ups along a diagonal.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import torch
from torch import Tensor

from cut2next.backbones.flux1.lora import Adapted, Factors
from cut2next.film import InputError

_PREFIX = "transformer."
_KOHYA = "lora_unet_"

_WHOLES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "transformer_blocks": {
            "img_attn_qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
            "img_attn_proj": ("attn.to_out.0",),
            "img_mlp_0": ("ff.net.0.proj",),
            "img_mlp_2": ("ff.net.2",),
            "txt_attn_qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
            "txt_attn_proj": ("attn.to_add_out",),
            "txt_mlp_0": ("ff_context.net.0.proj",),
            "txt_mlp_2": ("ff_context.net.2",),
        },
        "single_transformer_blocks": {
            "linear1": ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"),
            "linear2": ("proj_out",),
        },
    }
)
"""By stack of blocks and by kohya's name in it, the matrices of diffusers that it is made of."""
_STACKS = {"transformer_blocks": "double_blocks", "single_transformer_blocks": "single_blocks"}
_MODULE = re.compile(r"((?:single_)?transformer_blocks)\.(\d+)\.(.+)")

Read = tuple[dict[str, Factors], dict[str, Tensor]]
"""The factors of the transformer, and what a file holds for other networks."""


class Naming(StrEnum):
    """A way to name the tensors of a LoRA file."""

    DIFFUSERS = "diffusers"
    KOHYA = "kohya"

    def tensors(self, lora: Adapted) -> dict[str, Tensor]:
        """A LoRA's tensors under these names, alphas included."""
        if self is Naming.DIFFUSERS:
            return _diffusers(lora)
        return _kohya(lora)

    def read(self, tensors: Mapping[str, Tensor]) -> Read:
        """What tensors under these names say. Raises KeyError or ValueError when they are others.

        kohya's are taken apart by diffusers, which folds their alphas into the downs.
        """
        if self is Naming.DIFFUSERS:
            return _from_diffusers(tensors)
        from diffusers.loaders.lora_pipeline import FluxLoraLoaderMixin

        return _from_diffusers(FluxLoraLoaderMixin.lora_state_dict(dict(tensors)))


def naming_of(tensors: Mapping[str, Tensor]) -> Naming:
    """How the tensors of a file are named; all that is not diffusers' is for diffusers to read."""
    plain = any(name.startswith(_PREFIX) and ".lora_A." in name for name in tensors)
    return Naming.DIFFUSERS if plain else Naming.KOHYA


def _diffusers(lora: Adapted) -> dict[str, Tensor]:
    return {
        f"{_PREFIX}{module}.{name}": tensor
        for module, factors in lora.items()
        for name, tensor in (
            ("lora_A.weight", factors.down),
            ("lora_B.weight", factors.up),
            ("alpha", torch.tensor(float(factors.alpha))),
        )
    }


def _from_diffusers(tensors: Mapping[str, Tensor]) -> Read:
    down, up, alpha = ".lora_A.weight", ".lora_B.weight", ".alpha"
    ours = {name: tensor for name, tensor in tensors.items() if name.startswith(_PREFIX)}
    modules = [name.removesuffix(down) for name in ours if name.endswith(down)]
    read = {
        module.removeprefix(_PREFIX): Factors(
            down=ours.pop(module + down),
            up=ours.pop(module + up),
            alpha=float(ours.pop(module + alpha, tensors[module + down].shape[0])),
        )
        for module in modules
    }
    if ours:
        raise ValueError(f"{min(ours)} belongs to no pair of lora_A and lora_B")
    return read, {n: tensor for n, tensor in tensors.items() if not n.startswith(_PREFIX)}


def _kohya(lora: Adapted) -> dict[str, Tensor]:
    left = dict(lora)
    tensors: dict[str, Tensor] = {}
    for stack, number in sorted({_place(module) for module in lora}):
        for whole, parts in _WHOLES[stack].items():
            modules = [f"{stack}.{number}.{part}" for part in parts]
            found = [left.pop(module) for module in modules if module in left]
            if found and len(found) < len(parts):
                raise _unsayable(f"only some of {', '.join(modules)}")
            if found:
                name = f"{_KOHYA}{_STACKS[stack]}_{number}_{whole}"
                tensors |= {f"{name}.{key}": x for key, x in _whole(found).items()}
    if left:
        raise _unsayable(min(left))
    return tensors


def _place(module: str) -> tuple[str, int]:
    found = _MODULE.fullmatch(module)
    if found is None:
        raise _unsayable(module)
    return found[1], int(found[2])


def _whole(parts: list[Factors]) -> dict[str, Tensor]:
    """The factors of several matrices that lie on top of each other, as those of one."""
    scale = parts[0].scale
    ups = [part.up * (part.scale / scale) if part.scale != scale else part.up for part in parts]
    rank = sum(part.rank for part in parts)
    return {
        "lora_down.weight": torch.cat([part.down for part in parts]),
        "lora_up.weight": torch.block_diag(*ups),
        "alpha": torch.tensor(scale * rank),
    }


def _unsayable(what: str) -> InputError:
    return InputError(
        f"a LoRA that adapts {what}",
        expected="for kohya's names: matrices of the blocks, queries, keys and values together",
        hint="keep diffusers' names",
    )
