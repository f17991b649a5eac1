"""Weights in fewer bits: fp8 and int8 by torchao, nf4 by bitsandbytes.

Applied to a network that is loaded, from outside and after LoRAs were merged, since what is
quantised takes none in. The linear layers of its blocks change; embeddings, norms and the layers
before and after the blocks stay as they are.
"""

from typing import Any

import torch
from torch import Tensor, nn

from cut2next.film import InputError
from cut2next.film.installation import needed
from cut2next.generation.fit import NF4_BLOCK, Precision


def quantise(
    network: nn.Module,
    precision: Precision,
    device: torch.device | str | None = None,
    *,
    in_fp8: bool = False,
) -> None:
    """Puts the blocks' matrices into fewer bits, layer by layer, on `device` if one is given.

    With `in_fp8`, fp8 is also computed in (see `computes_fp8`); otherwise fp8, as int8 and nf4
    always are, is unpacked to the network's own type. Raises InputError where the library is not
    installed, and for what is quantised already or still has unmerged LoRAs.
    """
    if precision is Precision.BF16:
        return
    if is_quantised(network):
        raise InputError(
            f"quantised weights, to be put into {precision}",
            expected="weights as they were trained",
            hint="leave them as they are (bf16), or load others",
        )
    if precision is Precision.NF4:
        _to_nf4(network, device)
    else:
        _by_torchao(network, precision, device, in_fp8)


def is_quantised(network: nn.Module) -> bool:
    """Whether any linear layer's matrix is kept in another way than as plain numbers."""
    return getattr(network, "hf_quantizer", None) is not None or any(
        type(layer.weight.data) is not Tensor or not layer.weight.is_floating_point()
        for layer in network.modules()
        if isinstance(layer, nn.Linear)
    )


def check_savable(network: nn.Module) -> None:
    """Raises InputError for weights that were quantised after loading: files do not say how."""
    if getattr(network, "hf_quantizer", None) is None and is_quantised(network):
        raise InputError(
            "weights that were quantised after loading",
            expected="weights as they were loaded",
            hint="save it before, and quantise it each time it is loaded",
        )


def check_mergeable(network: nn.Module) -> None:
    """Raises InputError for weights that cannot take a LoRA in: quantised, or copied by fusing."""
    if any(getattr(part, "fused_projections", False) for part in network.modules()):
        raise InputError(
            "a LoRA to merge beside fused projections, which were copied before",
            expected="projections apart",
            hint="call unfuse_qkv_projections, merge, then fuse again",
        )
    if is_quantised(network):
        raise InputError(
            "a LoRA to merge into quantised weights",
            expected="weights as they were trained",
            hint="merge first (`cut2next lora merge`), then quantise",
        )


def block_layers(network: nn.Module) -> dict[str, nn.Linear]:
    """The linear layers that quantising changes, by name: those of the repeated blocks."""
    return {
        name: layer
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Linear) and any(part.isdigit() for part in name.split(".")[:-1])
    }


def _by_torchao(
    network: nn.Module, precision: Precision, device: torch.device | str | None, in_fp8: bool
) -> None:
    with needed(f"it, for {precision}"):
        from torchao import quantization
    if precision is Precision.INT8:
        kind: Any = quantization.Int8WeightOnlyConfig()
    elif in_fp8:
        rows = quantization.PerRow()
        kind = quantization.Float8DynamicActivationFloat8WeightConfig(granularity=rows)
    else:
        kind = quantization.Float8WeightOnlyConfig()
    layers = block_layers(network)
    quantization.quantize_(network, kind, lambda _, name: name in layers, device=device)


def computes_fp8(device: torch.device | str | None) -> bool:
    """Whether a device multiplies matrices in fp8: Ada, Hopper and later."""
    if torch.device(device or "cpu").type != "cuda":
        return False
    return torch.cuda.get_device_capability(device) >= (8, 9)


def _to_nf4(network: nn.Module, device: torch.device | str | None) -> None:
    with needed(f"it, for {Precision.NF4}"):
        from bitsandbytes.nn.modules import Linear4bit, Params4bit
    for name, layer in block_layers(network).items():
        weight = Params4bit(
            layer.weight.data, quant_type="nf4", compress_statistics=False, blocksize=NF4_BLOCK
        )
        with torch.device("meta"):
            few = Linear4bit(layer.in_features, layer.out_features, bias=False)
        few.weight, few.bias, few.compute_dtype = weight, layer.bias, layer.weight.dtype
        # Moving is what makes it quantise.
        network.set_submodule(name, few.to(device or layer.weight.device))
