"""FLUX.1's networks with nothing in them, and the work they do: for estimates of memory.

Only configurations are read. To be called under the meta device or fake tensors.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from cut2next.backbones import PIXELS_PER_TOKEN
from cut2next.backbones.flux1 import Flux1Transformer, encoding
from cut2next.backbones.prepared import prepare
from cut2next.conditioning import Layout, Segment, SegmentInputs

SHOTS = (Segment.CURRENT_SHOT, Segment.NEXT_SHOT)


@dataclass(frozen=True, kw_only=True)
class Networks:
    """The networks of a pipeline, or hollow ones of the same shapes."""

    transformer: Flux1Transformer
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    text_encoder_2: T5EncoderModel

    @property
    def all(self) -> list[nn.Module]:
        """Each of them."""
        return [getattr(self, field.name) for field in fields(self)]


def hollow_networks(folder: Path, *, blocks: int | None = None) -> Networks:
    """A folder's networks with nothing in them, with all blocks, or with so many of each kind.

    Only configurations are read. To be called under the meta device or fake tensors.
    """
    few = {} if blocks is None else {"num_layers": blocks}
    configs = {name: _config(folder / name) for name in (f.name for f in fields(Networks))}
    singles = {} if blocks is None else {"num_single_layers": blocks}
    t5 = {"tie_word_embeddings": False, **configs["text_encoder_2"], **few}
    clip = {**configs["text_encoder"], **({} if blocks is None else {"num_hidden_layers": blocks})}
    return Networks(
        transformer=Flux1Transformer.from_config({**configs["transformer"], **few, **singles}),
        vae=AutoencoderKL.from_config(configs["vae"]),
        text_encoder=CLIPTextModel(CLIPTextConfig(**clip)),
        text_encoder_2=T5EncoderModel(T5Config(**t5)),
    )


def tile(vae: AutoencoderKL) -> None:
    """Has a picture decoded in tiles of 512 pixels, so that memory does not grow with its size."""
    vae.enable_tiling()
    vae.tile_sample_min_size, vae.tile_latent_min_size = 512, 64


class Work(NamedTuple):
    """The real code of each phase of making a next shot, on inputs of the right shapes."""

    prompts: Callable[[], object]
    shot: Callable[[], object]
    steps: Callable[[], object]
    decoding: Callable[[], object]


def work_of(networks: Networks, layout: Layout) -> Work:
    """What networks do for shots of a layout."""
    config = networks.transformer.config
    ids = torch.zeros(1, max(layout.prompt_tokens.values()), dtype=torch.long)
    (height, width), (rows, columns) = (layout.shot_sizes[shot] for shot in SHOTS)
    sides = (1, 3, PIXELS_PER_TOKEN * height, PIXELS_PER_TOKEN * width)
    latents = torch.empty(1, config["in_channels"] // 4, 2 * rows, 2 * columns)
    return Work(
        prompts=lambda: networks.text_encoder_2(ids),
        # Pixels come and go in float32.
        shot=lambda: encoding.latents(torch.empty(sides, dtype=torch.float32), networks.vae),
        steps=partial(_steps, networks.transformer, layout),
        decoding=lambda: encoding.pictures(latents, networks.vae).float(),
    )


def _steps(transformer: Flux1Transformer, layout: Layout) -> None:
    """A prefill, where the table lets something be kept, and a step that reads it."""
    config = transformer.config
    widths = {True: config["joint_attention_dim"], False: config["in_channels"]}
    tokens = {
        segment: torch.empty(1, layout.tokens(segment), widths[segment.is_prompt])
        for segment in layout.table.segments
    }
    pooled = {
        segment: torch.empty(1, config["pooled_projection_dim"]) for segment in layout.prompt_tokens
    }
    prepared = prepare(
        transformer,
        SegmentInputs(tokens, pooled),
        layout,
        keep=layout.table.cacheable,
        guidance=1.0 if config["guidance_embeds"] else None,
    )
    prepared.velocity(tokens[Segment.NEXT_SHOT], torch.ones(1))


def _config(folder: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((folder / "config.json").read_bytes())
    return found
