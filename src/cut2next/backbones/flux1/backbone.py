"""FLUX.1 as a backbone: T5's states and CLIP's pooled vector, an autoencoder of 8 times 8 pixels.

The class is there without torch; what does the work is imported when it is first done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from cut2next.backbones.backbone import Backbone, EncodedText

if TYPE_CHECKING:
    import torch
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from torch import Tensor
    from transformers import CLIPTextModel, T5EncoderModel

    from cut2next.backbones.backbone import Generators
    from cut2next.backbones.flux1.transformer import Flux1Transformer
    from cut2next.backbones.lora import Adapted
    from cut2next.conditioning import Layout, SegmentInputs


@dataclass(frozen=True, kw_only=True, eq=False)
class Flux1Backbone(Backbone):
    """FLUX.1-dev, FLUX.1-schnell, what was tuned from them, and the mini model."""

    name = "flux1"
    title = "FLUX.1"
    pixels_per_token = 16  # 8 for a latent of the autoencoder, packed two by two
    longest_prompt = 512
    text_encoders = ("text_encoder", "text_encoder_2")
    large_text_encoder = "text_encoder_2"
    tokenizers = ("tokenizer", "tokenizer_2")
    transformer_class = ("cut2next.backbones.flux1.transformer", "Flux1Transformer")
    stock_class = ("diffusers", "FluxTransformer2DModel")
    # The paper leaves them open: every matrix that tokens pass through in the blocks, attention and
    # feed-forward of both streams. Modulation is left alone: frozen weights already know t = 0.
    lora_targets = (
        r"(single_)?transformer_blocks\.\d+\."
        r"(attn\.(to_[qkv]|to_out\.0|add_[qkv]_proj|to_add_out)|ff(_context)?\.net\.(0\.proj|2)"
        r"|proj_mlp|proj_out)"
    )
    lora_architecture = "flux-1-dev/lora"

    transformer: "Flux1Transformer"
    vae: "AutoencoderKL"
    text_encoder: "CLIPTextModel"
    text_encoder_2: "T5EncoderModel"
    # Hollow networks, which encode no text, come without.
    tokenizer: Any = None
    tokenizer_2: Any = None

    @property
    def is_distilled(self) -> bool:
        """Whether it is FLUX.1-dev, or tuned from it."""
        distilled: bool = self.transformer.config["guidance_embeds"]
        return distilled

    @property
    def licence(self) -> str:
        """FLUX.1-dev's licence is known by what the weights take."""
        if not self.is_distilled:
            return ""
        return (
            "weights distilled for guidance are those of FLUX.1-dev and its kin, whose licence is "
            "non-commercial"
        )

    def encode_text(self, texts: Sequence[str], length: int) -> EncodedText:
        """T5's states, and CLIP's pooled vectors."""
        from cut2next.backbones.flux1 import encoding

        states = encoding.text_states(texts, self.tokenizer_2, self.text_encoder_2, length)
        return EncodedText(
            states, encoding.pooled_vectors(texts, self.tokenizer, self.text_encoder)
        )

    def cut_off(self, text: str, length: int) -> str:
        """The end of a text that T5 does not read."""
        from cut2next.backbones.flux1 import encoding

        return encoding.cut_off(text, self.tokenizer_2, length)

    def unknown_words(self, text: str) -> list[str]:
        """None, unless its tokenizer is one of whole words, as the mini model's."""
        from cut2next.backbones.flux1 import encoding

        return encoding.unknown(text, self.tokenizer_2)

    def encode_image(self, pixels: "Tensor") -> "Tensor":
        """Pictures [B, 3, H, W] in -1 .. 1 to packed latents [B, H/16 · W/16, 64]."""
        from cut2next.backbones.flux1 import encoding

        return encoding.packed(encoding.latents(pixels, self.vae))

    def decode_image(self, latents: "Tensor", size: tuple[int, int]) -> "Tensor":
        """Undoes `encode_image`."""
        from cut2next.backbones.flux1 import encoding

        return encoding.pictures(encoding.unpacked(latents, *size), self.vae)

    @property
    def channels(self) -> int:
        """Four latents of 16 channels."""
        channels: int = self.transformer.config["in_channels"]
        return channels

    def noise(
        self, count: int, size: tuple[int, int], generator: "Generators", device: "torch.device"
    ) -> "Tensor":
        """Drawn as latents [B, 16, H/8, W/8], as FLUX.1's own pipeline does, and packed."""
        import torch
        from diffusers.utils.torch_utils import randn_tensor

        from cut2next.backbones.flux1 import encoding

        shape = (count, self.channels // 4, 2 * size[0], 2 * size[1])
        return encoding.packed(randn_tensor(shape, generator, device, torch.float32))

    def tile(self) -> None:
        """Tiles of 512 pixels."""
        self.vae.enable_tiling()
        self.vae.tile_sample_min_size, self.vae.tile_latent_min_size = 512, 64

    @classmethod
    def transformer_from_file(
        cls, path: Path, config: Path, dtype: "torch.dtype | None"
    ) -> "Flux1Transformer":
        """Safetensors or GGUF, under diffusers' names or those that FLUX.1's authors gave."""
        from cut2next.backbones.flux1.single_file import transformer_from_file

        return transformer_from_file(path, config, dtype)

    @classmethod
    def read_lora(cls, tensors: "Mapping[str, Tensor]") -> "tuple[Adapted, Mapping[str, Tensor]]":
        """In any naming that diffusers knows for FLUX.1; others are for its text encoders."""
        from cut2next.backbones.flux1.lora_naming import naming_of

        return naming_of(tensors).read(tensors)

    @classmethod
    def lora_tensors(cls, lora: "Adapted", naming: str) -> "dict[str, Tensor]":
        """In diffusers' names or kohya's."""
        from cut2next.backbones.flux1.lora_naming import Naming

        return Naming(naming).tensors(lora)

    def put_text_lora(self, tensors: "Mapping[str, Tensor]", **settings: Any) -> None:
        """On CLIP, whose LoRAs diffusers knows."""
        from diffusers.loaders.lora_pipeline import FluxLoraLoaderMixin

        FluxLoraLoaderMixin.load_lora_into_text_encoder(
            tensors, text_encoder=self.text_encoder, prefix="text_encoder", **settings
        )

    @classmethod
    def hollow(cls, folder: Path, *, blocks: int | None = None) -> Self:
        """A folder's networks, from their configurations alone."""
        from cut2next.backbones.flux1.hollow import hollow_networks

        return cls(**hollow_networks(folder, blocks=blocks))

    def blank_inputs(self, layout: "Layout") -> "SegmentInputs":
        """Text states, packed latents and pooled vectors without contents."""
        from cut2next.backbones.flux1.hollow import blank_inputs

        return blank_inputs(self.transformer.config, layout)

    def encode_blank(self, length: int) -> object:
        """T5 on a text without contents; CLIP reads less, with less."""
        import torch

        return self.text_encoder_2(torch.zeros(1, length, dtype=torch.long))
