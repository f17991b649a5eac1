"""FLUX.1's networks with nothing in them, and inputs for them: for estimates of memory.

Only configurations are read. To be called under the meta device or fake tensors.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.conditioning import Layout, SegmentInputs


def hollow_networks(folder: Path, *, blocks: int | None = None) -> dict[str, Any]:
    """A folder's networks by name, with all blocks, or with so many of each kind."""

    def config(name: str, *depths: str) -> dict[str, Any]:
        few = {} if blocks is None else dict.fromkeys(depths, blocks)
        return {**json.loads((folder / name / "config.json").read_bytes()), **few}

    transformer = config("transformer", "num_layers", "num_single_layers")
    t5 = {"tie_word_embeddings": False, **config("text_encoder_2", "num_layers")}
    return {
        "transformer": Flux1Transformer.from_config(transformer),
        "vae": AutoencoderKL.from_config(config("vae")),
        "text_encoder": CLIPTextModel(
            CLIPTextConfig(**config("text_encoder", "num_hidden_layers"))
        ),
        "text_encoder_2": T5EncoderModel(T5Config(**t5)),
    }


def blank_inputs(config: Mapping[str, Any], layout: Layout) -> SegmentInputs:
    """Tokens and pooled vectors without contents, of every segment of a layout."""
    widths = {True: config["joint_attention_dim"], False: config["in_channels"]}
    return SegmentInputs(
        {
            segment: torch.empty(1, layout.tokens(segment), widths[segment.is_prompt])
            for segment in layout.table.segments
        },
        {
            prompt: torch.empty(1, config["pooled_projection_dim"])
            for prompt in layout.table.prompts
        },
    )
