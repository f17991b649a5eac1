"""FLUX.1 over segments: diffusers' model, weight for weight, with its own forward pass."""

from cut2next.backbones.flux1.transformer import Flux1Transformer

__all__ = ["Flux1Transformer"]
