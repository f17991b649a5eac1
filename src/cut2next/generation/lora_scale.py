"""How strong all LoRAs are for one call, told as diffusers' FLUX.1 pipelines take it."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cut2next.film import InputError


@contextmanager
def loras_scaled(networks: Iterable[Any], told: Mapping[str, Any] | None) -> Iterator[None]:
    """Within, every LoRA on the networks weighs `told["scale"]` times what it is set to.

    Raises InputError for anything else that is told.
    """
    scale = _scale(told or {})
    layers = [
        layer
        for network in networks
        if scale != 1 and network is not None
        for layer in network.modules()
        if hasattr(type(layer), "adapter_layer_names")  # a layer of PEFT
    ]
    before = [dict(layer.scaling) for layer in layers]
    try:
        for layer, strengths in zip(layers, before, strict=True):
            layer.scaling.update({name: scale * strength for name, strength in strengths.items()})
        yield
    finally:
        for layer, strengths in zip(layers, before, strict=True):
            layer.scaling.update(strengths)


def _scale(told: Mapping[str, Any]) -> float:
    known = isinstance(told, Mapping) and not set(told) - {"scale"}
    scale = told.get("scale", 1.0) if known else None
    if not isinstance(scale, int | float) or not math.isfinite(scale):
        raise InputError(
            f"joint_attention_kwargs={told!r}",
            expected='{"scale": NUMBER}, how strong LoRAs are for this call',
            hint="leave it out, or use set_adapters for good",
        )
    return float(scale)
