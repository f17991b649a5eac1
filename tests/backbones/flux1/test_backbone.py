"""FLUX.1 as a backbone: a view of a pipeline's components, by FLUX.1's own pipeline and by hand."""

from typing import Any

import pytest
import torch
from diffusers import FluxPipeline
from tests.generation.toy import TRANSFORMER, WORDS, components, seeded, toy

from cut2next.backbones.flux1 import Flux1Transformer, encoding
from cut2next.backbones.flux1.backbone import Flux1Backbone


def backbone(**changes: Any) -> Flux1Backbone:
    parts = {name: part for name, part in components().items() if name != "scheduler"}
    return Flux1Backbone(**{**parts, **changes})


def test_a_pipeline_has_it() -> None:
    pipe = toy()
    assert isinstance(pipe.backbone, Flux1Backbone)
    for name in (*Flux1Backbone.networks(), *Flux1Backbone.tokenizers):
        assert getattr(pipe.backbone, name) is getattr(pipe, name)


def test_text_is_states_and_a_pooled_vector() -> None:
    parts = components()
    with torch.no_grad():
        tokens, pooled = backbone().encode_text(["red fox", WORDS], 5)
        texts = (["red fox", WORDS], parts["tokenizer_2"], parts["text_encoder_2"], 5)
        assert torch.equal(tokens, encoding.text_states(*texts))
    assert pooled is not None
    assert (tokens.shape, pooled.shape) == ((2, 5, 128), (2, 128))
    assert backbone().encode_blank(5).last_hidden_state.shape == (1, 5, 128)  # type: ignore[attr-defined]


def test_what_is_not_read_is_told() -> None:
    assert backbone().cut_off("one blue dog", 3) == "dog"
    assert backbone().unknown_words("one purple <Zed> fox") == ["purple"]


@torch.no_grad()
def test_a_picture_is_packed_latents_and_back() -> None:
    pixels = torch.rand(2, 3, 32, 48, generator=seeded(0)[0]) * 2 - 1
    latents = backbone().encode_image(pixels)
    assert latents.shape == (2, 2 * 3, backbone().channels)
    vae = components()["vae"]
    pictures = encoding.pictures(encoding.latents(pixels, vae), vae)
    assert torch.equal(backbone().decode_image(latents, (2, 3)), pictures)


def test_noise_is_drawn_as_flux_draws_it() -> None:
    noise = backbone().noise(2, (2, 3), seeded(1, 2), torch.device("cpu"))
    flux: Any = FluxPipeline(**components())
    theirs, _ = flux.prepare_latents(
        2, 16, 32, 48, torch.float32, torch.device("cpu"), seeded(1, 2)
    )
    assert torch.equal(noise, theirs)


@pytest.mark.parametrize("distilled", [False, True])
def test_the_licence_follows_from_what_the_weights_take(distilled: bool) -> None:
    model = Flux1Transformer(**TRANSFORMER, guidance_embeds=distilled)
    assert backbone(transformer=model).is_distilled is distilled
    assert ("FLUX.1-dev" in backbone(transformer=model).licence) is distilled


def test_tiles_are_smaller_than_a_picture() -> None:
    own = components.__wrapped__()["vae"]
    backbone(vae=own).tile()
    assert own.use_tiling
    assert own.tile_sample_min_size == 8 * own.tile_latent_min_size
