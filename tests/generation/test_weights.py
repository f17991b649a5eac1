"""What is saved loads back; what is missing, damaged or strange is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.generation.toy import (
    PROMPT_TOKENS,
    TRANSFORMER,
    assert_same,
    components,
    latents,
    lively,
    picture,
    prompt,
    seeded,
    toy,
)

from cut2next.backbones import mini
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.film import InputError, WeightsError
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.weights import NETWORKS, SHIPPED, check_weights, model_folder

NETWORK = "transformer/diffusion_pytorch_model.safetensors"


def loaded(folder: Path, **settings: Any) -> Cut2NextPipeline:
    pipe = Cut2NextPipeline.from_pretrained(folder, **settings)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    return pipe


def change(path: Path, changes: dict[str, Any], drop: str = "") -> None:
    settings = {**json.loads(path.read_text()), **changes}
    settings.pop(drop, None)
    path.write_text(json.dumps(settings))


def assert_makes_the_same(pipe: Cut2NextPipeline) -> None:
    for name in NETWORKS:
        held, original = (each[name].state_dict() for each in (pipe.components, components()))
        assert held.keys() == original.keys()
        assert all(torch.equal(held[key], original[key]) for key in held)
    # Where tensors lie in memory can decide which kernel runs, so not to the last bit.
    made, original = (
        latents(each, picture(), prompt(), generator=seeded(1), num_inference_steps=1)
        for each in (pipe, toy())
    )
    assert_same(made, original)


def test_what_is_saved_loads_back(saved: Path, tmp_path: Path) -> None:
    pipe = loaded(saved)
    assert_makes_the_same(pipe)
    assert isinstance(pipe.transformer, Flux1Transformer)
    assert pipe.table.name == "closed"
    assert {str(s): n for s, n in pipe.prompt_tokens.items()} == PROMPT_TOKENS
    assert pipe.config["default_size"] == [48, 32]
    assert (pipe.config["default_steps"], pipe.config["knows"]) == (2, "toys")
    pipe.save_pretrained(tmp_path)
    assert_makes_the_same(loaded(tmp_path))


def test_weights_come_in_the_precision_asked_for(saved: Path) -> None:
    pipe = loaded(saved, dtype=torch.bfloat16)
    assert {getattr(pipe, name).dtype for name in NETWORKS} == {torch.bfloat16}


def test_a_component_may_be_handed_in(saved: Path) -> None:
    mine = components()["transformer"]
    assert loaded(saved, transformer=mine).transformer is mine


def test_a_folder_of_flux_itself_needs_to_be_told_how_it_was_trained(copied: Path) -> None:
    stock = {"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"]}
    change(copied / "model_index.json", stock, drop="table")
    change(copied / "model_index.json", {}, drop="prompt_tokens")
    change(copied / "transformer/config.json", {"_class_name": "FluxTransformer2DModel"})
    with pytest.raises(InputError, match="does not say how a model for next shots was trained"):
        loaded(copied)
    pipe = loaded(copied, table="closed", prompt_tokens=PROMPT_TOKENS)
    assert isinstance(pipe.transformer, Flux1Transformer)
    assert_makes_the_same(pipe)


def test_a_tensor_too_many_is_named(copied: Path) -> None:
    path = next((copied / "transformer").glob("*.safetensors"))
    tensors = {**load_file(path), "transformer_blocks.7.extra.weight": torch.zeros(1)}
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"transformer_blocks\.7\.extra\.weight and 0 more"):
        loaded(copied)


@pytest.mark.parametrize("kind", ["FluxPipeline", "FluxKontextPipeline"])
def test_flux1_and_its_kin_load_from_the_folders_they_come_in(copied: Path, kind: str) -> None:
    absent = {"image_encoder": [None, None], "feature_extractor": [None, None]}
    stock = {"_class_name": kind, "transformer": ["diffusers", "FluxTransformer2DModel"]}
    change(copied / "model_index.json", {**stock, **absent}, drop="table")
    change(copied / "model_index.json", {}, drop="prompt_tokens")
    for distilled in (True, False):  # FLUX.1-dev and Kontext-dev are, schnell is not
        model = lively(Flux1Transformer(**TRANSFORMER, guidance_embeds=distilled))
        shutil.rmtree(copied / "transformer")
        model.save_pretrained(copied / "transformer")
        change(copied / "transformer/config.json", {"_class_name": "FluxTransformer2DModel"})
        pipe = loaded(copied, table="paper", prompt_tokens=PROMPT_TOKENS)
        assert latents(pipe, picture(), prompt()).isfinite().all()
        assert bool(pipe.licence) is distilled


def test_weights_may_be_sharded(copied: Path) -> None:
    for path in (copied / "transformer").iterdir():
        path.unlink()
    components()["transformer"].save_pretrained(copied / "transformer", max_shard_size="200KB")
    shards = sorted((copied / "transformer").glob("*.safetensors"))
    assert len(shards) > 1
    assert_makes_the_same(loaded(copied))
    shards[1].unlink()
    with pytest.raises(WeightsError, match=f"{shards[1].name}: does not exist; expected the whole"):
        loaded(copied)


def cut(keep: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * keep)])

    return damage


def scribble(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n" * 3)


@pytest.mark.parametrize("damage", [Path.unlink, cut(0), cut(0.01), cut(0.99), scribble])
@pytest.mark.parametrize(
    "name",
    [
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "text_encoder_2/model.safetensors",
        "tokenizer_2/tokenizer_config.json",
        NETWORK,
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ],
)
def test_a_missing_or_damaged_file_is_named(
    copied: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(copied / name)
    with pytest.raises(WeightsError) as error:
        check_weights(copied)
    named = name if (copied / name).exists() or name.endswith("json") else Path(name).parent
    assert str(copied / named) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_tokenizer_needs_its_words(copied: Path) -> None:
    (copied / "tokenizer/tokenizer.json").write_text("{}")
    with pytest.raises(WeightsError, match="tokenizer: has a tokenizer that does not read"):
        loaded(copied)


@pytest.mark.parametrize("network", NETWORKS)
def test_no_number_is_made_up(copied: Path, network: str) -> None:
    (path,) = (copied / network).glob("*.safetensors")
    tensors = load_file(path)
    tensors.pop(max(tensors, key=lambda name: tensors[name].numel()))
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=f"{network}: (lacks|does not load)"):
        loaded(copied)


@pytest.mark.parametrize("network", NETWORKS)
def test_no_number_is_made_up_for_a_tensor_of_another_name(copied: Path, network: str) -> None:
    (path,) = (copied / network).glob("*.safetensors")
    tensors = load_file(path)
    name = max(tensors, key=lambda name: tensors[name].numel())
    tensors[f"{name}.old"] = tensors.pop(name)
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=f"{network}: lacks {name}|does not load"):
        loaded(copied)


def test_networks_saved_under_a_prefix_load(copied: Path) -> None:
    (path,) = (copied / "text_encoder").glob("*.safetensors")
    save_file(
        {f"text_model.{n.removeprefix('text_model.')}": x for n, x in load_file(path).items()},
        path,
        metadata={"format": "pt"},
    )
    assert_makes_the_same(loaded(copied))


def test_nothing_is_unpickled(copied: Path) -> None:
    path = copied / NETWORK
    torch.save(load_file(path), path.with_suffix(".bin"))
    path.rename(path.with_name("junk.safetensors"))
    with pytest.raises(WeightsError, match="does not load"):
        loaded(copied)


def test_another_scheduler_is_refused(copied: Path) -> None:
    change(copied / "model_index.json", {"scheduler": ["diffusers", "DDIMScheduler"]})
    with pytest.raises(WeightsError, match=r"names no scheduler that there is: .*DDIMScheduler"):
        loaded(copied)


def test_weights_that_make_no_numbers_make_no_picture(copied: Path) -> None:
    path = copied / NETWORK
    spoilt = {name: torch.full_like(x, torch.nan) for name, x in load_file(path).items()}
    save_file(spoilt, path, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match="not of finite numbers"):
        loaded(copied)(picture(), prompt())


def test_weights_of_another_shape_do_not_load(copied: Path) -> None:
    change(copied / "transformer/config.json", {"num_attention_heads": 4})
    with pytest.raises(WeightsError, match=r"transformer: \S+ is \[.*\], its configuration asks"):
        loaded(copied)


@pytest.mark.parametrize("entry", [None, "closed", ["cut2next.nowhere", "Nobody"]])
def test_an_index_must_name_every_component(copied: Path, entry: Any) -> None:
    change(copied / "model_index.json", {"vae": entry})
    with pytest.raises(WeightsError, match=r"names no vae|does not load"):
        loaded(copied)


def test_the_mini_model_comes_with_the_package() -> None:
    assert model_folder("mini") == mini.weights_folder() == SHIPPED["mini"]()
    assert mini.weights_folder().is_relative_to(Path(mini.__file__).parent)


@pytest.mark.parametrize("name", ["maxi", "", "/nowhere/at/all", __file__, "m" * 5000, "a\0b"])
def test_an_unknown_model_is_told_the_choices(name: str) -> None:
    with pytest.raises(InputError, match="expected mini, a folder that save_pretrained wrote, or"):
        Cut2NextPipeline.from_pretrained(name)


@pytest.mark.parametrize(("distilled", "told"), [(True, "non-commercial"), (False, "")])
def test_the_licence_of_flux1_dev_is_told(distilled: bool, told: str) -> None:
    pipe = toy(transformer=Flux1Transformer(**TRANSFORMER, guidance_embeds=distilled))
    assert told in pipe.licence
    assert bool(pipe.licence) is distilled
