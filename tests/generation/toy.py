"""A pipeline of the mini model's classes, smaller still, with random weights; what to feed it."""

from functools import cache
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image
from torch import Tensor

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.mini import architecture
from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.generation.pipeline import Cut2NextPipeline

SIZE = (48, 32)
"""Six tokens."""
PROMPT_TOKENS = {"relational prompt": 5, "current prompt": 6, "next prompt": 7}
TRANSFORMER: dict[str, Any] = {
    "num_layers": 1,
    "num_single_layers": 2,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": 128,
    "pooled_projection_dim": 128,
    "axes_dims_rope": (4, 6, 6),
}
WORDS = "a red fox meets one blue dog on green grass while we look from near far away above below"


@cache
def components() -> dict[str, Any]:
    """The parts of a pipeline; random, and the same at each call."""
    torch.manual_seed(0)
    tokenizer = architecture.tokenizer([WORDS])
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(),
        "vae": evaluated(autoencoder()),
        "text_encoder": evaluated(architecture.pooled_encoder(len(tokenizer))),
        "tokenizer": tokenizer,
        "text_encoder_2": evaluated(architecture.words_encoder(len(tokenizer))),
        "tokenizer_2": tokenizer,
        "transformer": lively(Flux1Transformer(**TRANSFORMER)),
    }


@cache
def deeper() -> dict[str, Any]:
    """Parts in which the autoencoder has 16×: a token is 32 pixels a side, of 128 numbers."""
    torch.manual_seed(1)
    return {
        "vae": evaluated(autoencoder(levels=5, latent_channels=32)),
        "transformer": lively(Flux1Transformer(**TRANSFORMER, in_channels=128)),
    }


def autoencoder(levels: int = 4, latent_channels: int = 16) -> AutoencoderKL:
    """Small, and halving a picture at every level but the last."""
    slim: AutoencoderKL = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=(4, 4, 8, 8, 8)[:levels],
        layers_per_block=1,
        latent_channels=latent_channels,
        norm_num_groups=4,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    return slim


def lively(model: Flux1Transformer) -> Flux1Transformer:
    """Random throughout, so that no gate is closed and every input makes a difference."""
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.eval()
    return model


def evaluated(network: Any) -> Any:
    """A network as `from_pretrained` would give it."""
    return network.eval()


def toy(table: str = "closed", **changes: Any) -> Cut2NextPipeline:
    """The toy pipeline under a table; two steps, unless told otherwise."""
    settings = {"table": table, "prompt_tokens": PROMPT_TOKENS, "default_steps": 2}
    pipe = Cut2NextPipeline(**{**components(), **settings, **changes})
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    return pipe


def picture(seed: int = 0, size: tuple[int, int] = SIZE) -> Image.Image:
    """A smooth random picture."""
    noise = torch.randint(0, 256, (4, 4, 3), generator=torch.Generator().manual_seed(seed))
    return Image.fromarray(noise.byte().numpy()).resize(size, Image.Resampling.BICUBIC)


def prompt(
    following: str = "blue dog", current: str = "red fox", relation: str = "look near"
) -> HierarchicalPrompt:
    return HierarchicalPrompt(
        relational=RelationalPrompt(transition=relation),
        current=IndividualPrompt(summary=current),
        next=IndividualPrompt(summary=following),
    )


def seeded(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def made(pipe: Cut2NextPipeline, *arguments: Any, **settings: Any) -> Any:
    """What a call makes, in whatever form it asks for."""
    return pipe(*arguments, **settings).images


def latents(pipe: Cut2NextPipeline, *arguments: Any, **settings: Any) -> Tensor:
    """What it makes before decoding, where differences cannot hide in rounding to 8 bits."""
    packed = made(pipe, *arguments, **{**settings, "output_type": "latent"})
    assert isinstance(packed, Tensor)
    return packed


def assert_same(actual: Tensor, expected: Tensor) -> None:
    """Equal but for the rounding of float32 in kernels that work on batches of another size."""
    torch.testing.assert_close(actual, expected, rtol=0, atol=2e-5)
