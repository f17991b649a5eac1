"""How programs name the matrices of a FLUX.1 LoRA: diffusers, kohya's scripts, and all others.

kohya's scripts follow the original names, in which several matrices are one. Factors of its parts
become those of the whole: the downs on top of each other, the ups along a diagonal.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor

from cut2next.backbones.flux1.original_names import LAST, OUTSIDE, STACKS
from cut2next.backbones.lora import Adapted, Factors
from cut2next.backbones.lora_reading import Networks, Place, read
from cut2next.backbones.lora_source import located, opened_config, refused, tensors_of
from cut2next.film import InputError
from cut2next.film.errors import one_line

_MODULE = re.compile(r"((?:single_)?transformer_blocks)\.(\d+)\.(.+)")
_CLIP, _T5, _TRANSFORMER = "text_encoder", "text_encoder_2", "transformer"
_KOHYA = {_TRANSFORMER: "lora_unet_", _CLIP: "lora_te1_", _T5: "lora_te3_"}
"""What kohya's names begin with, by component."""
_PREFIXES = {
    **{prefix: component for component, prefix in _KOHYA.items()},
    **{f"{component}.": component for component in _KOHYA},
    "lora_transformer_": _TRANSFORMER,  # OneTrainer
    "lycoris_": _TRANSFORMER,  # SimpleTuner
    "diffusion_model.": _TRANSFORMER,  # ComfyUI
    "model.diffusion_model.": _TRANSFORMER,
    "base_model.model.": _TRANSFORMER,  # PEFT
    "lora_te_": _CLIP,
    "text_encoders.clip_l.transformer.": _CLIP,  # ComfyUI
    "lora_te2_": _T5,  # OneTrainer
    "text_encoders.t5xxl.transformer.": _T5,
}
"""The component that names are of, by how they begin; those that begin otherwise are bare."""
_XLABS = {
    "double_blocks.#.processor.qkv_lora1": "img_attn.qkv",
    "double_blocks.#.processor.qkv_lora2": "txt_attn.qkv",
    "double_blocks.#.processor.proj_lora1": "img_attn.proj",
    "double_blocks.#.processor.proj_lora2": "txt_attn.proj",
}
_TEXTS = {
    _CLIP: (
        "text_model.encoder.layers.#.self_attn.q_proj",
        "text_model.encoder.layers.#.self_attn.k_proj",
        "text_model.encoder.layers.#.self_attn.v_proj",
        "text_model.encoder.layers.#.self_attn.out_proj",
        "text_model.encoder.layers.#.mlp.fc1",
        "text_model.encoder.layers.#.mlp.fc2",
    ),
    _T5: (
        "encoder.block.#.layer.0.SelfAttention.q",
        "encoder.block.#.layer.0.SelfAttention.k",
        "encoder.block.#.layer.0.SelfAttention.v",
        "encoder.block.#.layer.0.SelfAttention.o",
        "encoder.block.#.layer.1.DenseReluDense.wi_0",
        "encoder.block.#.layer.1.DenseReluDense.wi_1",
        "encoder.block.#.layer.1.DenseReluDense.wo",
    ),
}
"""The matrices of the text encoders' blocks."""


def lora_tensors(networks: Networks, naming: str) -> dict[str, Tensor]:
    """A LoRA's tensors in a naming, "diffusers" or "kohya", alphas included."""
    named: dict[str, Tensor] = {}
    for component, lora in networks.items():
        named |= _kohya(component, lora) if naming == "kohya" else _diffusers(component, lora)
    return named


def read_lora(
    tensors: Mapping[str, Tensor], config: Mapping[str, Any]
) -> dict[str, dict[str, Factors]]:
    """What the tensors of a file say. Raises ValueError when they are no LoRA, or not only one."""
    return read(tensors, config, place)


def transformer_lora(source: Any, **where: Any) -> Adapted:
    """What a LoRA adds to the transformer: of tensors by name, or of a file (see `located`).

    Raises WeightsError for what is missing, damaged, no LoRA of FLUX.1, or not only one.
    """
    config: Mapping[str, Any] = {}
    if not isinstance(source, Mapping):
        path = located(source, **where)
        source, header = tensors_of(path)
        config = opened_config(path, header)
    try:
        return read_lora(source, config)[_TRANSFORMER]
    except (ValueError, KeyError) as error:
        raise refused(f"no LoRA of FLUX.1's transformer ({one_line(error)})") from error


def place(name: str) -> Place | None:
    """What a module's name in a file stands for, in any naming; None for no module of FLUX.1."""
    prefix = max((p for p in _PREFIXES if name.startswith(p)), key=len, default="")
    local, component = name.removeprefix(prefix), _PREFIXES.get(prefix, _TRANSFORMER)
    spelled = local.replace(".", "_")
    number = re.search(r"_(\d+)_", spelled)
    # Blocks are numbered once, before all else; a module outside them may have a number, too.
    modules = _spelled()[component].get(spelled)
    if modules is None and number is not None:
        modules = _spelled()[component].get(spelled.replace(number[0], "_#_", 1))
    if modules is None:
        return None
    numbered = tuple(module.replace("#", number[1] if number else "") for module in modules)
    return Place(component, numbered, local, spelled == LAST.replace(".", "_"))


@cache
def _spelled() -> dict[str, dict[str, tuple[str, ...]]]:
    """The modules of a component by every name, "_" for dots and "#" for the number of a block."""
    named: dict[str, dict[str, tuple[str, ...]]] = {
        _TRANSFORMER: dict(_transformer_names()),
        **{component: {name: (name,) for name in names} for component, names in _TEXTS.items()},
    }
    # transformers has had CLIP's text model with and without a name of its own.
    named[_CLIP] |= {n.removeprefix("text_model."): m for n, m in named[_CLIP].items()}
    return {
        component: {name.replace(".", "_"): modules for name, modules in names.items()}
        for component, names in named.items()
    }


def _transformer_names() -> Iterator[tuple[str, tuple[str, ...]]]:
    for theirs, ours in OUTSIDE.items():
        yield from ((theirs, (ours,)), (ours, (ours,)))
    for stack, (name, wholes, _) in STACKS.items():
        for whole, parts in wholes.items():
            modules = tuple(f"{stack}.#.{part}" for part in parts)
            yield f"{name}.#.{whole}", modules
            yield from ((module, (module,)) for module in modules)
    # XLabs adapts attention only: in single blocks the first three of four matrices.
    double, single = STACKS["transformer_blocks"], STACKS["single_transformer_blocks"]
    for theirs, whole in _XLABS.items():
        yield theirs, tuple(f"transformer_blocks.#.{part}" for part in double.wholes[whole])
    for theirs, parts in (("qkv", single.wholes["linear1"][:3]), ("proj", ("proj_out",))):
        modules = tuple(f"single_transformer_blocks.#.{part}" for part in parts)
        yield f"single_blocks.#.processor.{theirs}", modules


def _diffusers(component: str, lora: Adapted) -> dict[str, Tensor]:
    return {
        f"{component}.{module}.{name}": tensor
        for module, factors in lora.items()
        for name, tensor in {**factors.tensors, "alpha": torch.tensor(float(factors.alpha))}.items()
    }


def _kohya(component: str, lora: Adapted) -> dict[str, Tensor]:
    wholes = _wholes(lora) if component == _TRANSFORMER else {n: [x] for n, x in lora.items()}
    return {
        f"{_KOHYA[component]}{name.replace('.', '_')}.{kind}": tensor
        for name, parts in wholes.items()
        for kind, tensor in _whole(parts).items()
    }


def _wholes(lora: Adapted) -> dict[str, list[Factors]]:
    """The factors by the original names; of those that are one matrix there, all."""
    left = dict(lora)
    wholes: dict[str, list[Factors]] = {}
    for stack, number in sorted({_block(module) for module in lora}):
        for whole, parts in STACKS[stack].wholes.items():
            modules = [f"{stack}.{number}.{part}" for part in parts]
            adapted = [left.pop(module) for module in modules if module in left]
            if adapted and len(adapted) < len(parts):
                raise _unsayable(f"only some of {', '.join(modules)}")
            if adapted:
                wholes[f"{STACKS[stack].name}.{number}.{whole}"] = adapted
    if left:
        raise _unsayable(min(left))
    return wholes


def _block(module: str) -> tuple[str, int]:
    match = _MODULE.fullmatch(module)
    if match is None:
        raise _unsayable(module)
    return match[1], int(match[2])


def _whole(parts: list[Factors]) -> dict[str, Tensor]:
    """The factors of several matrices that lie on top of each other, as those of one."""
    scale = parts[0].scale or 1.0
    ups = [part.up * (part.scale / scale) if part.scale != scale else part.up for part in parts]
    rank = sum(part.rank for part in parts)
    whole = {
        "lora_down.weight": torch.cat([part.down for part in parts]),
        "lora_up.weight": torch.block_diag(*ups),
        "alpha": torch.tensor(scale * rank),
    }
    if any(part.bias is not None for part in parts):
        none = [part.up.new_zeros(len(part.up)) for part in parts]
        biases = [zero if x.bias is None else x.bias for x, zero in zip(parts, none, strict=True)]
        scaled = [bias * part.scale for bias, part in zip(biases, parts, strict=True)]
        whole["diff_b"] = torch.cat(scaled)
    magnitudes = [part.magnitude for part in parts if part.magnitude is not None]
    if magnitudes:
        whole["dora_scale"] = torch.cat(magnitudes)[:, None]
    return whole


def _unsayable(what: str) -> InputError:
    return InputError(
        f"a LoRA that adapts {what}",
        expected="for kohya's names: matrices of the blocks, queries, keys and values together",
        hint="keep diffusers' names",
    )
