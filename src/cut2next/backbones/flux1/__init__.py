"""FLUX.1 over segments: diffusers' model, weight for weight, with its own forward pass.

The transformer is imported when it is asked for: names and LoRA files need no diffusers.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cut2next.backbones.flux1.transformer import Flux1Transformer

__all__ = ["Flux1Transformer"]


def __getattr__(name: str) -> Any:
    if name != "Flux1Transformer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cut2next.backbones.flux1.transformer import Flux1Transformer

    return Flux1Transformer
