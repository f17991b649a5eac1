"""FLUX.1 as a backbone: T5's states, CLIP's pooled vector, an autoencoder's latents two by two.

Training and generation both come through here, so that weights meet what they were trained on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from diffusers.loaders.lora_pipeline import FluxLoraLoaderMixin
from diffusers.models.autoencoders.autoencoder_dc import AutoencoderDC
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.utils.torch_utils import get_module_execution_device, randn_tensor
from einops import rearrange
from torch import Tensor
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    PreTrainedTokenizerBase,
    T5Config,
    T5EncoderModel,
)

from cut2next.backbones.backbone import Backbone, EncodedText
from cut2next.backbones.flux1 import Flux1Facts
from cut2next.backbones.flux1.single_file import transformer_from_file
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.lora import Adapted, for_peft, lora_names
from cut2next.conditioning import Layout, SegmentInputs
from cut2next.film import InputError, WeightsError, mentions
from cut2next.film.errors import one_line

Autoencoder = AutoencoderKL | AutoencoderDC
"""FLUX.1's own kind, or a deep one (Chen et al. 2025), which squeezes more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Flux1Backbone(Flux1Facts, Backbone):
    """FLUX.1's networks."""

    transformer_type = Flux1Transformer
    transformer: Flux1Transformer
    vae: Autoencoder
    text_encoder: CLIPTextModel
    text_encoder_2: T5EncoderModel
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
        """T5's states, and CLIP's pooled vectors; of a long text CLIP reads the beginning only.

        As in FLUX.1 the padding is not masked: the transformer reads it, and has learnt to.
        """
        t5, clip = self.text_encoder_2, self.text_encoder
        words = _token_ids(texts, self.tokenizer_2, length, t5.config.vocab_size)
        room = min(self.tokenizer.model_max_length, clip.config.max_position_embeddings)
        beginning = _token_ids(texts, self.tokenizer, room, clip.config.vocab_size)
        return EncodedText(
            t5(words.to(get_module_execution_device(t5))).last_hidden_state,
            clip(beginning.to(get_module_execution_device(clip))).pooler_output,
        )

    def token_count(self, text: str) -> int:
        """T5's."""
        return len(_tokens(self.tokenizer_2, text)["input_ids"])

    def cut_off(self, text: str, length: int) -> str:
        """The end of a text that T5 does not read."""
        if self.token_count(text) <= length:
            return ""
        settings = {"truncation": True, "max_length": length, "return_offsets_mapping": True}
        kept = _tokens(self.tokenizer_2, text, **settings)
        return text[max(stop for _, stop in kept["offset_mapping"]) :].strip()

    def unknown_words(self, text: str) -> list[str]:
        """None, unless its tokenizer is one of whole words, as the mini model's.

        Names in angle brackets are left aside.
        """
        for person in mentions(text):
            blank = " " * (person.end - person.start)
            text = f"{text[: person.start]}{blank}{text[person.end :]}"
        read = _tokens(self.tokenizer_2, text, return_offsets_mapping=True)
        strange = [
            text[start:stop]
            for number, (start, stop) in zip(read["input_ids"], read["offset_mapping"], strict=True)
            if number == self.tokenizer_2.unk_token_id
        ]
        return list(dict.fromkeys(strange))

    def encode_image(self, pixels: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] in -1 .. 1 to packed latents [B, H/p · W/p, C], p pixels a token.

        The most likely latents, not drawn ones: the same current shot is read the same each time.
        """
        likely = likely_latents(self.vae, self._for_autoencoder(pixels))
        return packed((likely - self._shift) * self.vae.config["scaling_factor"])

    def decode_image(self, latents: Tensor, size: tuple[int, int]) -> Tensor:
        """Undoes `encode_image`."""
        unscaled = unpacked(latents, *size) / self.vae.config["scaling_factor"] + self._shift
        decoded: Tensor = self.vae.decode(self._for_autoencoder(unscaled)).sample
        return decoded

    @property
    def channels(self) -> int:
        """Of four latents."""
        channels: int = self.transformer.config["in_channels"]
        return channels

    def noise(
        self,
        count: int,
        size: tuple[int, int],
        generator: torch.Generator | list[torch.Generator] | None,
        device: torch.device,
    ) -> Tensor:
        """Drawn as latents [B, C/4, 2h, 2w], as FLUX.1's own pipeline does, and packed."""
        shape = (count, self.channels // 4, 2 * size[0], 2 * size[1])
        return packed(randn_tensor(shape, generator, device, torch.float32))

    def tile(self) -> None:
        """Tiles of 512 pixels."""
        self.vae.enable_tiling()
        self.vae.tile_sample_min_size = 512
        self.vae.tile_latent_min_size = 2 * 512 // self.pixels_per_token

    @classmethod
    def adopted(cls, transformer: Any) -> Any:
        """Diffusers' own, plain: what PEFT or a quantiser put there is no part of its weights."""
        if type(transformer) is not FluxTransformer2DModel:
            return transformer
        if lora_names(transformer) or getattr(transformer, "hf_quantizer", None) is not None:
            raise InputError(
                "diffusers' FLUX.1 transformer with LoRAs on it, or quantised",
                expected="its weights alone",
                hint="load it with Cut2NextPipeline.from_pretrained, and LoRAs onto that",
            )
        with torch.device("meta"):
            ours: Flux1Transformer = Flux1Transformer.from_config(transformer.config)
        ours.load_state_dict(transformer.state_dict(), assign=True)
        ours.train(transformer.training)
        return ours

    @classmethod
    def transformer_from_file(
        cls, path: Path, config: Path, dtype: torch.dtype | None
    ) -> Flux1Transformer:
        """Safetensors or GGUF, under diffusers' names or those that FLUX.1's authors gave."""
        return transformer_from_file(path, config, dtype)

    def lora_module(self, component: str, module: str) -> str:
        """Transformers has had CLIP's text model with and without a name of its own."""
        flat = component == "text_encoder" and not hasattr(self.text_encoder, "text_model")
        return module.removeprefix("text_model.") if flat else module

    def put_text_lora(self, component: str, lora: Adapted, name: str, **settings: Any) -> None:
        """By diffusers' way for CLIP, which goes for T5 as well."""
        tensors, config = for_peft(lora)
        # Names by which diffusers does not guess what it has before it.
        older = {"lora_A.": "lora_linear_layer.down.", "lora_B.": "lora_linear_layer.up."}
        for new, old in older.items():
            tensors = {key.replace(new, old): tensor for key, tensor in tensors.items()}
        FluxLoraLoaderMixin.load_lora_into_text_encoder(
            {f"{component}.{key}": tensor for key, tensor in tensors.items()},
            network_alphas=None,
            text_encoder=getattr(self, component),
            prefix=component,
            adapter_name=name,
            metadata={f"{component}.{key}": value for key, value in config.items()},
            **settings,
        )

    @classmethod
    def hollow(
        cls, configurations: Mapping[str, Mapping[str, Any]], *, blocks: int | None = None
    ) -> Self:
        """Transformer, CLIP, T5 and autoencoder, from their configurations alone."""

        def config(name: str, *depths: str) -> dict[str, Any]:
            few = {} if blocks is None else dict.fromkeys(depths, blocks)
            return {**configurations[name], **few}

        transformer = config("transformer", "num_layers", "num_single_layers")
        clip = config("text_encoder", "num_hidden_layers")
        t5 = {"tie_word_embeddings": False, **config("text_encoder_2", "num_layers")}
        return cls(
            transformer=Flux1Transformer.from_config(transformer),
            vae=_autoencoder_of(configurations["vae"]),
            text_encoder=CLIPTextModel(CLIPTextConfig(**clip)),
            text_encoder_2=T5EncoderModel(T5Config(**t5)),
        )

    def blank_inputs(self, layout: Layout) -> SegmentInputs:
        """Text states, packed latents and pooled vectors without contents."""
        config, table = self.transformer.config, layout.table
        widths = {True: config["joint_attention_dim"], False: config["in_channels"]}
        return SegmentInputs(
            {
                segment: torch.empty(1, layout.tokens(segment), widths[segment.is_prompt])
                for segment in table.segments
            },
            {prompt: torch.empty(1, config["pooled_projection_dim"]) for prompt in table.prompts},
        )

    def encode_blank(self, length: int) -> object:
        """T5 on a text without contents; CLIP reads less, with less."""
        return self.text_encoder_2(torch.zeros(1, length, dtype=torch.long))

    def _for_autoencoder(self, tensor: Tensor) -> Tensor:
        return tensor.to(get_module_execution_device(self.vae), self.vae.dtype)

    @property
    def _shift(self) -> float:
        # Autoencoders from before FLUX.1, and deep ones, have none.
        return float(self.vae.config.get("shift_factor") or 0.0)


def likely_latents(autoencoder: Autoencoder, pixels: Tensor) -> Tensor:
    """Pictures [B, 3, H, W] to latents [B, C, h, w] at the autoencoder's own scale."""
    code = autoencoder.encode(pixels)
    latents: Tensor = code.latent if hasattr(code, "latent") else code.latent_dist.mode()
    return latents


def _autoencoder_of(config: Mapping[str, Any]) -> Autoencoder:
    deep = "encoder_block_out_channels" in config
    untrained: Autoencoder = (AutoencoderDC if deep else AutoencoderKL).from_config(config)
    return untrained


def packed(latents: Tensor) -> Tensor:
    """Latents [B, C, 2h, 2w] as tokens [B, h*w, 4C]: FLUX.1 takes them two by two."""
    return rearrange(latents, "b c (h y) (w x) -> b (h w) (c y x)", y=2, x=2)


def unpacked(tokens: Tensor, height: int, width: int) -> Tensor:
    """Undoes `packed`; `height` and `width` are in tokens."""
    return rearrange(tokens, "b (h w) (c y x) -> b c (h y) (w x)", h=height, w=width, y=2, x=2)


def _token_ids(
    texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, length: int, words: int
) -> Tensor:
    """Numbers under `words`, those that an encoder knows: [B, length]."""
    settings = {"padding": "max_length", "truncation": True, "max_length": length}
    ids: Tensor = _tokens(tokenizer, list(texts), **settings, return_tensors="pt")["input_ids"]
    if ids.max() >= words:
        raise _unread(f"says number {int(ids.max())} to an encoder of {words} words")
    return ids


def _tokens(tokenizer: PreTrainedTokenizerBase, text: str | list[str], **settings: Any) -> Any:
    """Its files are a stranger's, and what it raises of them is of any kind."""
    try:
        return tokenizer(text, verbose=False, **settings)
    except Exception as error:
        raise _unread(f"does not read the prompt ({one_line(error)})") from error


def _unread(got: str) -> WeightsError:
    return WeightsError(
        f"a tokenizer that {got}",
        expected="one that the text encoders were trained with",
        hint="copy or save the model again",
    )
