"""What the configurations of FLUX.1's components may say. Names and defaults are the libraries'.

Bounds are far beyond any released weights, and near enough that what is built by them takes a
moment. No torch here.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from cut2next.backbones.configuration import (
    Configuration,
    Depth,
    Network,
    Number,
    Share,
    Small,
    Width,
    Words,
)

Scale = Annotated[float, Field(gt=0, le=1e4)]
Levels = Annotated[list[Width], Field(min_length=1, max_length=8)]
Depths = Annotated[list[Annotated[int, Field(ge=0, le=256)]], Field(min_length=1, max_length=8)]
Names = Annotated[list[str], Field(min_length=1, max_length=8)]
Precision = Literal["float32", "float16", "bfloat16"] | None
Token = str | dict[str, object] | None


class Transformer(Network):
    """Of diffusers' `FluxTransformer2DModel`."""

    patch_size: Literal[1] = 1
    in_channels: Width = 64
    out_channels: Width | None = None
    num_layers: Depth = 19
    num_single_layers: Depth = 38
    attention_head_dim: Width = 128
    num_attention_heads: Annotated[int, Field(ge=1, le=1024)] = 24
    joint_attention_dim: Width = 4096
    pooled_projection_dim: Width = 768
    guidance_embeds: bool = False
    axes_dims_rope: Annotated[list[Width], Field(min_length=3, max_length=3)] = Field(
        default=[16, 56, 56]
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        axes, width = self.axes_dims_rope, self.attention_head_dim
        if sum(axes) != width or any(axis % 2 for axis in axes):
            raise ValueError(f"axes_dims_rope of even numbers, {width} in all, a head's width")
        if self.out_channels not in (None, self.in_channels):
            raise ValueError(f"out_channels of {self.in_channels}, as many as come in")
        return self


class Autoencoder(Network):
    """Of diffusers' `AutoencoderKL`."""

    in_channels: Literal[3] = 3
    out_channels: Literal[3] = 3
    down_block_types: Annotated[list[Literal["DownEncoderBlock2D"]], Field(max_length=8)]
    up_block_types: Annotated[list[Literal["UpDecoderBlock2D"]], Field(max_length=8)]
    block_out_channels: Levels
    layers_per_block: Annotated[int, Field(ge=1, le=16)] = 1
    act_fn: Literal["silu", "swish", "mish", "gelu", "relu"] = "silu"
    latent_channels: Width = 4
    norm_num_groups: Width = 32
    sample_size: Width = 32
    scaling_factor: Scale = 0.18215
    shift_factor: Number | None = None
    latents_mean: list[Number] | None = None
    latents_std: list[Scale] | None = None
    force_upcast: bool = True
    use_quant_conv: bool = True
    use_post_quant_conv: bool = True
    mid_block_add_attention: bool = True
    encoder_block_out_channels: None = None
    """By which a deep one is known."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        levels = len(self.block_out_channels)
        if not levels == len(self.down_block_types) == len(self.up_block_types):
            raise ValueError(f"{levels} blocks down, and up, as there are block_out_channels")
        if any(width % self.norm_num_groups for width in self.block_out_channels):
            raise ValueError(f"block_out_channels in {self.norm_num_groups} groups")
        return self


class DeepAutoencoder(Network):
    """Of diffusers' `AutoencoderDC`."""

    in_channels: Literal[3] = 3
    latent_channels: Width = 32
    attention_head_dim: Width = 32
    encoder_block_types: str | Names = "ResBlock"
    decoder_block_types: str | Names = "ResBlock"
    encoder_block_out_channels: Levels
    decoder_block_out_channels: Levels
    encoder_layers_per_block: Depths
    decoder_layers_per_block: Depths
    encoder_qkv_multiscales: Annotated[list[list[Width]], Field(max_length=8)] | None = None
    decoder_qkv_multiscales: Annotated[list[list[Width]], Field(max_length=8)] | None = None
    scaling_factor: Scale = 1.0
    shift_factor: Number | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        lists = (
            self.decoder_block_out_channels,
            self.encoder_layers_per_block,
            self.decoder_layers_per_block,
        )
        levels = len(self.encoder_block_out_channels)
        if any(len(each) != levels for each in lists):
            raise ValueError(f"{levels} levels throughout, as in encoder_block_out_channels")
        return self


class _TextEncoder(Network):
    """What transformers writes of any; what would have it answer otherwise is left alone."""

    vocab_size: Words
    dtype: Precision = None
    torch_dtype: Precision = None
    attn_implementation: Literal["eager", "sdpa"] | None = None
    return_dict: Literal[True] = True
    output_attentions: Literal[False] = False
    output_hidden_states: Literal[False] = False
    is_decoder: Literal[False] = False
    chunk_size_feed_forward: Literal[0] = 0


class Clip(_TextEncoder):
    """Of transformers' `CLIPTextModel`."""

    vocab_size: Words = 49408
    hidden_size: Width = 512
    intermediate_size: Width = 2048
    projection_dim: Width | None = 512
    num_hidden_layers: Depth = 12
    num_attention_heads: Annotated[int, Field(ge=1, le=1024)] = 8
    max_position_embeddings: Annotated[int, Field(ge=2, le=4096)] = 77
    hidden_act: str = "quick_gelu"
    layer_norm_eps: Small | None = 1e-5
    attention_dropout: Share | None = 0.0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(f"a hidden_size for {self.num_attention_heads} heads")
        return self


class T5(_TextEncoder):
    """Of transformers' `T5EncoderModel`."""

    vocab_size: Words = 32128
    d_model: Width = 512
    d_kv: Width = 64
    d_ff: Width = 2048
    num_layers: Depth = 6
    num_heads: Annotated[int, Field(ge=1, le=1024)] = 8
    relative_attention_num_buckets: Annotated[int, Field(ge=4, le=4096, multiple_of=4)] = 32
    relative_attention_max_distance: Width = 128
    dropout_rate: Share = 0.1
    layer_norm_epsilon: Small = 1e-6
    feed_forward_proj: str = "relu"
    is_encoder_decoder: bool = True

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Half of the buckets are of words before, and half of these of words nearby."""
        nearby = self.relative_attention_num_buckets // 4
        if self.relative_attention_max_distance <= nearby:
            raise ValueError(f"a relative_attention_max_distance over {nearby}")
        return self


class Scheduler(Configuration):
    """Of diffusers' `FlowMatchEulerDiscreteScheduler`."""

    file: ClassVar[str] = "scheduler_config.json"

    num_train_timesteps: Annotated[int, Field(ge=1, le=10_000)] = 1000
    shift: Scale = 1.0
    use_dynamic_shifting: bool = False
    base_shift: Annotated[float, Field(ge=-10, le=10)] = 0.5
    max_shift: Annotated[float, Field(ge=-10, le=10)] = 1.15
    base_image_seq_len: Words = 256
    max_image_seq_len: Words = 4096
    invert_sigmas: Literal[False] = False
    shift_terminal: Annotated[float, Field(gt=0, lt=1)] | None = None
    use_karras_sigmas: bool | None = False
    use_exponential_sigmas: bool | None = False
    use_beta_sigmas: bool | None = False
    time_shift_type: Literal["exponential", "linear"] = "exponential"
    stochastic_sampling: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.base_image_seq_len >= self.max_image_seq_len:
            raise ValueError(f"a max_image_seq_len over {self.base_image_seq_len}, the base's")
        return self


class Tokenizer(Configuration):
    """Of a tokenizer of transformers; its words are in files beside it."""

    file: ClassVar[str] = "tokenizer_config.json"

    model_max_length: Annotated[int, Field(ge=1)] = 10**30
    """Where there is no most, transformers writes a number of thirty digits."""
    pad_token: Token = None
    unk_token: Token = None
    eos_token: Token = None
    bos_token: Token = None
    padding_side: Literal["left", "right"] = "right"
    truncation_side: Literal["left", "right"] = "right"
    extra_ids: Annotated[int, Field(ge=0, le=10_000)] = 0
    tokenizer_class: str | None = None


def _classes(*names: str) -> list[tuple[str, str]]:
    """Tokenizers of a kind, and what transformers calls one whose file says it all."""
    usual = ("PreTrainedTokenizerFast", "TokenizersBackend")
    return [("transformers", name) for name in (*names, *usual)]


KINDS: Mapping[str, Mapping[tuple[str, str], type[Configuration]]] = {
    "scheduler": {("diffusers", "FlowMatchEulerDiscreteScheduler"): Scheduler},
    "vae": {
        ("diffusers", "AutoencoderKL"): Autoencoder,
        ("diffusers", "AutoencoderDC"): DeepAutoencoder,
    },
    "text_encoder": {("transformers", "CLIPTextModel"): Clip},
    "text_encoder_2": {("transformers", "T5EncoderModel"): T5},
    "tokenizer": dict.fromkeys(_classes("CLIPTokenizer", "CLIPTokenizerFast"), Tokenizer),
    "tokenizer_2": dict.fromkeys(_classes("T5Tokenizer", "T5TokenizerFast"), Tokenizer),
    "transformer": {
        ("diffusers", "FluxTransformer2DModel"): Transformer,
        ("cut2next.backbones.flux1.transformer", "Flux1Transformer"): Transformer,
    },
}


def check_together(configurations: Mapping[str, Configuration]) -> None:
    """Raises ValueError where one component makes what another does not take."""
    pairs = (
        ("transformer", "joint_attention_dim", "text_encoder_2", "d_model", 1),
        ("transformer", "pooled_projection_dim", "text_encoder", "hidden_size", 1),
        ("transformer", "in_channels", "vae", "latent_channels", 4),
    )
    for taker, taken, maker, made, times in pairs:
        if taker in configurations and maker in configurations:
            there = getattr(configurations[taker], taken)
            here = times * getattr(configurations[maker], made)
            if there != here:
                raise ValueError(f"the {taker} has {taken}={there}, its {maker} makes {here}")
