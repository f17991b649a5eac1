"""FLUX.1 as a backbone: a view of a pipeline's components, by FLUX.1's own pipeline and by hand."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline
from hypothesis import given
from hypothesis import strategies as st
from tests.generation.toy import TRANSFORMER, WORDS, components, deeper, seeded, toy

from cut2next.backbones.flux1.backbone import Flux1Backbone, packed, unpacked
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.mini import architecture
from cut2next.generation.weights import configurations

CPU = torch.device("cpu")
words = st.lists(st.sampled_from([*WORDS.split(), "unheard", "<Fox>", "(far,", "away)."]))


def backbone(**changes: Any) -> Flux1Backbone:
    parts = {name: part for name, part in components().items() if name != "scheduler"}
    return Flux1Backbone(**{**parts, **changes})


@cache
def unshuffling() -> dict[str, Any]:
    """An autoencoder that moves pixels into channels, and a transformer that goes with it."""
    vae = architecture.autoencoder().eval()
    vae.register_to_config(scaling_factor=0.5)
    return {"vae": vae, "transformer": deeper()["transformer"]}


def test_a_pipeline_has_it() -> None:
    pipe = toy()
    assert isinstance(pipe.backbone, Flux1Backbone)
    for name in (*Flux1Backbone.networks(), *Flux1Backbone.tokenizers):
        assert getattr(pipe.backbone, name) is getattr(pipe, name)


@pytest.mark.parametrize("length", [3, 9])
@torch.no_grad()
def test_text_is_states_and_a_pooled_vector_of_as_many_tokens_as_trained_with(length: int) -> None:
    parts = components()
    tokens, pooled = backbone().encode_text(["red fox", WORDS], length)
    assert pooled is not None
    assert (tokens.shape, pooled.shape) == ((2, length, 128), (2, 128))
    padded = parts["tokenizer_2"](
        "red fox", padding="max_length", max_length=length, return_tensors="pt"
    )
    states = parts["text_encoder_2"](padded.input_ids).last_hidden_state
    torch.testing.assert_close(tokens[:1], states)
    assert backbone().encode_blank(5).last_hidden_state.shape == (1, 5, 128)  # type: ignore[attr-defined]


def test_what_is_not_read_is_told() -> None:
    assert backbone().cut_off("one blue dog", 3) == "dog"
    assert backbone().unknown_words("one purple <Zed> fox") == ["purple"]


@given(words, st.integers(2, 12))
@torch.no_grad()
def test_without_what_is_cut_off_the_model_reads_the_same(said: list[str], length: int) -> None:
    text = " ".join(said)
    cut = backbone().cut_off(text, length)
    assert text.endswith(cut)
    read = backbone().encode_text([text, text.removesuffix(cut)], length).tokens
    assert torch.equal(read[0], read[1])
    assert bool(cut) == (len(components()["tokenizer_2"](text).input_ids) > length)


def test_packing_is_that_of_flux() -> None:
    latents = torch.randn(2, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    tokens = packed(latents)
    assert torch.equal(tokens, FluxPipeline._pack_latents(latents, 2, 3, 4, 6))
    assert torch.equal(unpacked(tokens, 2, 3), latents)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("shift", [None, 0.25])
@torch.no_grad()
def test_a_picture_is_packed_latents_at_scale_and_back(shift: float | None, deep: bool) -> None:
    parts = copy.deepcopy(deeper() if deep else components())
    own, vae = backbone(vae=parts["vae"], transformer=parts["transformer"]), parts["vae"]
    vae.register_to_config(shift_factor=shift, scaling_factor=0.5)
    side = own.pixels_per_token
    assert side == (32 if deep else 16)
    pixels = torch.rand(2, 3, 2 * side, 3 * side, generator=seeded(0)[0]) * 2 - 1
    latents = own.encode_image(pixels)
    assert latents.shape == (2, 2 * 3, own.channels) == own.noise(2, (2, 3), None, CPU).shape
    plain = vae.encode(pixels).latent_dist.mode()
    torch.testing.assert_close(unpacked(latents, 2, 3), (plain - (shift or 0)) * 0.5)
    back = own.decode_image(latents, (2, 3))
    torch.testing.assert_close(back, vae.decode(plain).sample, rtol=0, atol=5e-5)


@torch.no_grad()
def test_of_an_autoencoder_without_a_distribution_the_latents_are_taken() -> None:
    vae = unshuffling()["vae"]
    own = backbone(**unshuffling())
    assert own.pixels_per_token == 32
    pixels = torch.rand(2, 3, 64, 96, generator=seeded(0)[0]) * 2 - 1
    latents = own.encode_image(pixels)
    plain = vae.encode(pixels).latent
    torch.testing.assert_close(unpacked(latents, 2, 3), plain * vae.config["scaling_factor"])
    torch.testing.assert_close(own.decode_image(latents, (2, 3)), vae.decode(plain).sample)


def test_noise_is_drawn_as_flux_draws_it() -> None:
    noise = backbone().noise(2, (2, 3), seeded(1, 2), CPU)
    flux: Any = FluxPipeline(**components())
    theirs, _ = flux.prepare_latents(2, 16, 32, 48, torch.float32, CPU, seeded(1, 2))
    assert torch.equal(noise, theirs)


@pytest.mark.parametrize("distilled", [False, True])
def test_the_licence_follows_from_what_the_weights_take(distilled: bool) -> None:
    model = Flux1Transformer(**TRANSFORMER, guidance_embeds=distilled)
    assert backbone(transformer=model).is_distilled is distilled
    assert ("FLUX.1-dev" in backbone(transformer=model).licence) is distilled


@pytest.mark.parametrize("parts", [components(), deeper(), unshuffling()], ids=["8", "16", "DC"])
@torch.no_grad()
def test_a_picture_in_tiles_is_as_large(parts: dict[str, Any]) -> None:
    vae = copy.deepcopy(parts["vae"])
    own = backbone(vae=vae)
    pixels = torch.rand(1, 3, 32, 576, generator=seeded(0)[0]) * 2 - 1
    whole = own.encode_image(pixels)
    grid = (32 // own.pixels_per_token, 576 // own.pixels_per_token)
    own.tile()
    assert vae.use_tiling
    tiled = own.encode_image(pixels)
    assert tiled.shape == whole.shape
    assert not torch.equal(tiled, whole)
    assert own.decode_image(tiled, grid).shape == pixels.shape


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline's configurations without its weights."""
    folder = tmp_path_factory.mktemp("weights")
    toy().save_pretrained(folder)
    for path in folder.glob("*/*.safetensors"):
        path.unlink()
    return folder


def test_hollow_networks_have_the_shapes_of_a_folders_own(folder: Path) -> None:
    with torch.device("meta"):
        hollow = Flux1Backbone.hollow(configurations(folder))
    for name in Flux1Backbone.networks():
        own, shape = components()[name].state_dict(), getattr(hollow, name).state_dict()
        assert {key: x.shape for key, x in own.items()} == {k: x.shape for k, x in shape.items()}
        assert all(tensor.is_meta for tensor in shape.values())


def test_so_many_hollow_blocks_of_each_kind_are_made(folder: Path) -> None:
    with torch.device("meta"):
        transformer = Flux1Backbone.hollow(configurations(folder), blocks=1).transformer
    assert len(transformer.transformer_blocks) == len(transformer.single_transformer_blocks) == 1
