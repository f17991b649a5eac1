"""FLUX.1 over segments: diffusers' model, weight for weight, with its own forward pass."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cut2next.backbones.backbone import BackboneFacts
from cut2next.backbones.flux1.released import RELEASED

if TYPE_CHECKING:
    from torch import Tensor

    from cut2next.backbones.configuration import Configuration
    from cut2next.backbones.lora_reading import Networks


class Flux1Facts(BackboneFacts):
    """FLUX.1-dev, FLUX.1-schnell, what was tuned from them, and the mini model."""

    name = "flux1"
    title = "FLUX.1"
    backbone_class = ("cut2next.backbones.flux1.backbone", "Flux1Backbone")
    transformer_class = ("cut2next.backbones.flux1.transformer", "Flux1Transformer")
    stock_class = ("diffusers", "FluxTransformer2DModel")
    longest_prompt = 512
    text_encoders = ("text_encoder", "text_encoder_2")
    large_text_encoder = "text_encoder_2"
    tokenizers = ("tokenizer", "tokenizer_2")
    # The paper leaves them open: every matrix that tokens pass through in the blocks, attention and
    # feed-forward of both streams. Modulation is left alone: frozen weights already know t = 0.
    lora_targets = (
        r"(single_)?transformer_blocks\.\d+\."
        r"(attn\.(to_[qkv]|to_out\.0|add_[qkv]_proj|to_add_out)|ff(_context)?\.net\.(0\.proj|2)"
        r"|proj_mlp|proj_out)"
    )
    lora_architecture = "flux-1-dev/lora"
    released = RELEASED

    @classmethod
    def kinds(cls) -> "Mapping[str, Mapping[tuple[str, str], type[Configuration]]]":
        """Those that FLUX.1's pipeline is of, and of autoencoders a deep one too."""
        from cut2next.backbones.flux1.configurations import KINDS

        return KINDS

    @classmethod
    def check_together(cls, configurations: "Mapping[str, Configuration]") -> None:
        """What text encoders and autoencoder make, the transformer takes."""
        from cut2next.backbones.flux1.configurations import check_together

        check_together(configurations)

    @classmethod
    def token_pixels(cls, configurations: "Mapping[str, Mapping[str, Any]]") -> int:
        """Every level of the autoencoder but the last halves a picture; two by two are packed."""
        config = configurations["vae"]
        levels = config.get("block_out_channels") or config["encoder_block_out_channels"]
        return 1 << len(levels)

    @classmethod
    def read_lora(cls, tensors: "Mapping[str, Tensor]", config: Mapping[str, Any]) -> "Networks":
        """In any naming that diffusers or ComfyUI know for FLUX.1."""
        from cut2next.backbones.flux1.lora_naming import read_lora

        return read_lora(tensors, config)

    @classmethod
    def lora_tensors(cls, networks: "Networks", naming: str) -> "dict[str, Tensor]":
        """In diffusers' names or kohya's."""
        from cut2next.backbones.flux1.lora_naming import lora_tensors

        return lora_tensors(networks, naming)
