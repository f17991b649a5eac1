"""Packing and scaling as FLUX.1 does, and what a prompt loses when it is too long."""

import pytest
import torch
from diffusers import FluxPipeline
from hypothesis import given
from hypothesis import strategies as st
from tests.generation.toy import WORDS, components

from cut2next.backbones.flux1 import encoding

words = st.lists(st.sampled_from([*WORDS.split(), "unheard", "<Fox>", "(far,", "away)."]))


def test_packing_is_that_of_flux() -> None:
    latents = torch.randn(2, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    tokens = encoding.packed(latents)
    assert torch.equal(tokens, FluxPipeline._pack_latents(latents, 2, 3, 4, 6))
    assert torch.equal(encoding.unpacked(tokens, 2, 3), latents)


@pytest.mark.parametrize("shift", [None, 0.25])
def test_latents_are_scaled_and_back(shift: float | None) -> None:
    vae = components.__wrapped__()["vae"]
    vae.register_to_config(shift_factor=shift, scaling_factor=0.5)
    pixels = torch.rand(1, 3, 16, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        plain = vae.encode(pixels).latent_dist.mode()
        scaled = encoding.latents(pixels, vae)
        torch.testing.assert_close(scaled, (plain - (shift or 0)) * 0.5)
        torch.testing.assert_close(
            encoding.pictures(scaled, vae), vae.decode(plain).sample, rtol=0, atol=1e-5
        )


@given(words, st.integers(2, 12))
def test_without_what_is_cut_off_the_model_reads_the_same(said: list[str], length: int) -> None:
    text, tokenizer = " ".join(said), components()["tokenizer_2"]
    cut = encoding.cut_off(text, tokenizer, length)
    assert text.endswith(cut)
    kept = text.removesuffix(cut)
    assert torch.equal(*(encoding._ids([whole], tokenizer, length) for whole in (text, kept)))
    assert bool(cut) == (len(tokenizer(text).input_ids) > length)


@pytest.mark.parametrize("length", [3, 9])
def test_a_prompt_has_as_many_tokens_as_it_was_trained_with(length: int) -> None:
    parts = components()
    with torch.no_grad():
        states = encoding.text_states(
            ["red fox", WORDS], parts["tokenizer_2"], parts["text_encoder_2"], length
        )
        vectors = encoding.pooled_vectors(
            ["red fox", WORDS], parts["tokenizer"], parts["text_encoder"]
        )
    assert states.shape == (2, length, 128)
    assert vectors.shape == (2, 128)
