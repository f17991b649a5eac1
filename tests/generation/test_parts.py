"""Pipelines put together as diffusers' users do: from components, another pipeline, a folder."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from peft import LoraConfig
from tests.generation.toy import (
    PROMPT_TOKENS,
    TRANSFORMER,
    assert_same,
    components,
    latents,
    picture,
    prompt,
    seeded,
    toy,
)
from torch import Tensor

from cut2next.film import InputError
from cut2next.generation.pipeline import Cut2NextPipeline

TRAINED: dict[str, Any] = {"table": "closed", "prompt_tokens": PROMPT_TOKENS}
TEXT = ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")


def _made(pipe: Cut2NextPipeline) -> Tensor:
    return latents(pipe, picture(), prompt(), num_inference_steps=2, generator=seeded(1)[0])


@pytest.fixture
def flux() -> FluxPipeline:
    """FLUX.1's own pipeline over the toy's weights."""
    transformer = FluxTransformer2DModel(**TRANSFORMER)
    transformer.load_state_dict(components()["transformer"].state_dict())
    return FluxPipeline(**{**components(), "transformer": transformer.eval()})


def test_components_with_how_they_were_trained_are_a_pipeline() -> None:
    pipe = toy()
    assert_same(_made(Cut2NextPipeline(**pipe.components, **TRAINED)), _made(pipe))


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "without table="), ({"table": "closed"}, "without prompt_tokens=")],
)
def test_components_alone_say_what_is_missing(given: dict[str, Any], missing: str) -> None:
    with pytest.raises(InputError, match=rf"^a pipeline {missing}; .*from_pipe"):
        Cut2NextPipeline(**toy().components, **given)


def test_all_of_fluxs_components_are_taken_its_transformers_weights_being_shared(
    flux: FluxPipeline,
) -> None:
    pipe = Cut2NextPipeline(**flux.components, **TRAINED)
    assert_same(_made(pipe), _made(toy()))
    assert type(flux.transformer) is FluxTransformer2DModel
    ours = dict(pipe.transformer.named_parameters())
    for name, weight in flux.transformer.named_parameters():
        assert ours[name].data_ptr() == weight.data_ptr()


def test_an_image_encoder_is_refused(flux: FluxPipeline) -> None:
    with pytest.raises(InputError, match=r"^image_encoder, a Linear; expected"):
        Cut2NextPipeline(**{**flux.components, "image_encoder": torch.nn.Linear(1, 1)}, **TRAINED)


def test_a_transformer_of_diffusers_with_a_lora_is_refused(flux: FluxPipeline) -> None:
    flux.transformer.add_adapter(LoraConfig(r=2, target_modules=["to_q"]))
    with pytest.raises(InputError, match="transformer with LoRAs on it"):
        Cut2NextPipeline(**flux.components, **TRAINED)


def test_from_pipe_takes_networks_and_settings_over() -> None:
    pipe = toy(default_steps=3, knows="toys")
    again = Cut2NextPipeline.from_pipe(pipe)
    assert_same(_made(again), _made(pipe))
    assert again.transformer is pipe.transformer
    assert again.steps() == 3
    assert again.config["knows"] == "toys"
    assert Cut2NextPipeline.from_pipe(pipe, table="paper").table.name == "paper"


def test_from_pipe_casts_where_it_is_asked_to(flux: FluxPipeline) -> None:
    assert Cut2NextPipeline.from_pipe(flux, **TRAINED).transformer.dtype is torch.float32
    none = dict.fromkeys((*TEXT, "vae"))  # those of the toy are shared by all tests
    half = Cut2NextPipeline.from_pipe(flux, **TRAINED, **none, dtype=torch.bfloat16)
    assert half.transformer.dtype is torch.bfloat16


def test_from_pipe_of_fluxs_own_asks_how_it_was_trained(flux: FluxPipeline) -> None:
    with pytest.raises(InputError, match="without table="):
        Cut2NextPipeline.from_pipe(flux)
    assert_same(_made(Cut2NextPipeline.from_pipe(flux, **TRAINED)), _made(toy()))


def test_diffusers_loads_our_folder_as_ours(saved: Path) -> None:
    pipe = DiffusionPipeline.from_pretrained(saved)
    assert type(pipe) is Cut2NextPipeline
    assert_same(_made(pipe), _made(toy()))


def test_prompts_are_encoded_without_a_transformer_and_drawn_without_text_encoders() -> None:
    parts = components()
    text: dict[str, Any] = {name: part if name in TEXT else None for name, part in parts.items()}
    rest: dict[str, Any] = {name: None if name in TEXT else part for name, part in parts.items()}
    encoded = Cut2NextPipeline(**text, **TRAINED).encode_prompt(prompt())
    pipe = Cut2NextPipeline(**rest, **TRAINED)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    drawn = latents(pipe, picture(), encoded, num_inference_steps=2, generator=seeded(1)[0])
    assert_same(drawn, _made(toy()))


def test_a_pipeline_without_its_text_encoders_is_saved_and_loaded(tmp_path: Path) -> None:
    encoded = toy().encode_prompt(prompt())
    toy().release_text_encoders().save_pretrained(tmp_path)
    loaded = Cut2NextPipeline.from_pretrained(tmp_path)
    assert loaded.components["text_encoder_2"] is None
    drawn = latents(loaded, picture(), encoded, num_inference_steps=2, generator=seeded(1)[0])
    assert_same(drawn, _made(toy()))


@pytest.mark.parametrize(
    ("settings", "files"),
    [
        ({}, "*model.safetensors"),
        ({"variant": "fp16"}, "*model.fp16.safetensors"),
        ({"max_shard_size": "20KB"}, "*model-00001-of-*.safetensors"),
    ],
    ids=str,
)
def test_however_it_is_saved_it_loads(settings: dict[str, Any], files: str, tmp_path: Path) -> None:
    toy().save_pretrained(tmp_path, safe_serialization=False, **settings)
    assert not list(tmp_path.glob("*/*.bin"))
    networks = {"vae", "text_encoder", "text_encoder_2", "transformer"}
    assert {path.parent.name for path in tmp_path.glob(f"*/{files}")} == networks
    variant = {"variant": settings["variant"]} if "variant" in settings else {}
    assert_same(_made(Cut2NextPipeline.from_pretrained(tmp_path, **variant)), _made(toy()))


def test_the_autoencoders_switches_are_the_pipelines() -> None:
    pipe = toy()
    vae = pipe.vae
    for enable, disable, switch in (
        (pipe.enable_vae_tiling, pipe.disable_vae_tiling, "use_tiling"),
        (pipe.enable_vae_slicing, pipe.disable_vae_slicing, "use_slicing"),
    ):
        enable()
        assert getattr(vae, switch)
        disable()
        assert not getattr(vae, switch)
