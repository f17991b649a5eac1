"""By what weights something was computed, told from a few of their numbers.

What is kept of a pass holds for the weights that made it. They change under many hands (optimizers,
LoRAs, files, another model in the same place), and stay the same under others (moves between
devices, offloading, compilation), so neither an object's identity nor PyTorch's version counters
tell: their contents do. Nothing here knows a backbone, diffusers' pipelines or LoRA files.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

SAMPLES = 8
"""Numbers of each tensor, spread over it: a step of an optimizer moves nearly all of them."""


@torch.no_grad()
def fingerprint(network: nn.Module) -> bytes:
    """Equal for equal weights, wherever they lie; another when they change, or what adapts them.

    LoRAs count for what they do: one that is off, or weighs nothing, is none. Takes 10 to 30 ms
    at FLUX.1's size, quantised or not.
    """
    scales, samples = list[list[float]](), defaultdict[torch.dtype, list[Tensor]](list)
    with torch._C.DisableTorchFunctionSubclass():  # GGUF's numbers as they are stored
        for tensor in _acting(network, scales):
            for plain in _plain(tensor):
                samples[plain.dtype].append(_sample(plain))
        digest = blake2b(repr(scales).encode(), digest_size=16)
        for dtype, rows in samples.items():
            digest.update(f"{dtype} {len(rows)}".encode())
            digest.update(_gathered(rows).numpy().tobytes())
    return digest.digest()


def _acting(network: nn.Module, scales: list[list[float]]) -> Iterator[Tensor]:
    """The tensors that a pass uses, always in one order; `scales` gets how much adapters weigh."""
    idle, pending = set[int](), [network]
    while pending:  # `modules()` takes as long as all the rest
        module = pending.pop()
        pending += filter(None, module._modules.values())
        if hasattr(type(module), "adapter_layer_names"):  # a layer of PEFT
            weighed = _weighed(module)
            idle |= _idle(module, weighed)
            scales += [list(weighed.values())] if weighed else []
        away = _away(module)
        for tensors in (module._parameters, module._buffers):
            for name, tensor in tensors.items():
                if tensor is not None and id(tensor) not in idle:
                    yield away.get(name, tensor)


def _weighed(layer: Any) -> dict[str, float]:
    """The adapters that a PEFT layer will heed in a pass, with their weights."""
    if getattr(layer, "merged", False):
        # What is merged and off is taken out of the weights by the next pass.
        return {"taken out": 1.0} if layer.disable_adapters else {}
    if layer.disable_adapters:
        return {}
    scaling = getattr(layer, "scaling", dict.fromkeys(layer.active_adapters, 1.0))
    return {name: scaling[name] for name in layer.active_adapters if scaling.get(name)}


def _idle(layer: Any, weighed: Mapping[str, float]) -> set[int]:
    """The identities of the parameters of a PEFT layer's other adapters."""
    kinds = [layer._modules[kind] for kind in layer.adapter_layer_names if kind in layer._modules]
    parts = [part for kind in kinds for name, part in kind.items() if name not in weighed]
    return {
        id(parameter)
        for part in parts
        for parameter in (part.parameters() if isinstance(part, nn.Module) else [part])
    }


def _away(module: nn.Module) -> dict[str, Tensor]:
    """Tensors of a module that accelerate keeps elsewhere between passes, by name."""
    hook = module.__dict__.get("_hf_hook")
    if hook is None:
        return {}
    maps = [getattr(part, "weights_map", None) for part in getattr(hook, "hooks", [hook])]
    names = [name for name, tensor in module._parameters.items() if tensor is not None]
    return {name: kept[name] for kept in maps if kept is not None for name in names}


def _plain(tensor: Any) -> Iterator[Tensor]:
    """The tensors of which one of torchao's, or of a distributed one, is made."""
    if not is_traceable_wrapper_subclass(tensor):
        yield tensor
        return
    for part in tensor.__tensor_flatten__()[0]:
        yield from _plain(getattr(tensor, part))


def _sample(tensor: Tensor) -> Tensor:
    """Some of its numbers, always as many: a view, where it can be one."""
    count = tensor.numel()
    if tensor.is_meta or not count:
        return torch.zeros(SAMPLES, dtype=tensor.dtype)
    step = (count - 1) // (SAMPLES - 1)
    if step and tensor.is_contiguous():
        return tensor.as_strided((SAMPLES,), (step,))
    if not tensor.ndim:
        return tensor.expand(SAMPLES)
    places = torch.arange(SAMPLES, device=tensor.device) * (step or 1) % count
    return tensor[torch.unravel_index(places, tensor.shape)]


def _gathered(rows: Sequence[Tensor]) -> Tensor:
    """Rows of one type, here and as bytes, whatever devices they are on."""
    whole = torch.empty(len(rows), SAMPLES * rows[0].itemsize, dtype=torch.uint8)
    for device in {row.device for row in rows}:
        at = [number for number, row in enumerate(rows) if row.device == device]
        whole[at] = torch.stack([rows[number] for number in at]).view(torch.uint8).cpu()
    return whole
