"""How programs name the matrices of a FLUX.1 LoRA: diffusers' way, and kohya's.

kohya's scripts follow the original names, in which several matrices are one. Factors of its parts
become those of the whole: the downs on top of each other, the ups along a diagonal.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from cut2next.backbones.flux1.original_names import STACKS
from cut2next.backbones.lora import Adapted, Factors
from cut2next.film import InputError

_PREFIX = "transformer."
_KOHYA = "lora_unet_"

_MODULE = re.compile(r"((?:single_)?transformer_blocks)\.(\d+)\.(.+)")

Read = tuple[dict[str, Factors], dict[str, Tensor]]
"""The factors of the transformer, and what a file holds for other networks."""


def lora_tensors(lora: Adapted, naming: str) -> dict[str, Tensor]:
    """A LoRA's tensors in a naming, "diffusers" or "kohya", alphas included."""
    if naming == "kohya":
        return _kohya(lora)
    return {
        f"{_PREFIX}{module}.{name}": tensor
        for module, factors in lora.items()
        for name, tensor in (
            ("lora_A.weight", factors.down),
            ("lora_B.weight", factors.up),
            ("alpha", torch.tensor(float(factors.alpha))),
        )
    }


def read_lora(tensors: Mapping[str, Tensor]) -> Read:
    """What the tensors of a file say. Raises KeyError or ValueError when they are no LoRA.

    All that is not in diffusers' own names diffusers takes apart, kohya's alphas folded into downs.
    """
    if any(name.startswith(_PREFIX) and ".lora_A." in name for name in tensors):
        return _from_diffusers(tensors)
    from diffusers.loaders.lora_pipeline import FluxLoraLoaderMixin

    return _from_diffusers(FluxLoraLoaderMixin.lora_state_dict(dict(tensors)))


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
        for whole, parts in STACKS[stack].wholes.items():
            modules = [f"{stack}.{number}.{part}" for part in parts]
            adapted = [left.pop(module) for module in modules if module in left]
            if adapted and len(adapted) < len(parts):
                raise _unsayable(f"only some of {', '.join(modules)}")
            if adapted:
                name = f"{_KOHYA}{STACKS[stack].name}_{number}_{whole}".replace(".", "_")
                tensors |= {f"{name}.{key}": x for key, x in _whole(adapted).items()}
    if left:
        raise _unsayable(min(left))
    return tensors


def _place(module: str) -> tuple[str, int]:
    match = _MODULE.fullmatch(module)
    if match is None:
        raise _unsayable(module)
    return match[1], int(match[2])


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
