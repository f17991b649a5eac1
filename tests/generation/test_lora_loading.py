"""A LoRA on a pipeline: read from anywhere, as strong as it says, whole or not at all; written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.generation.loras import (
    ALPHA,
    RANK,
    assert_all_close,
    assert_unchanged,
    fresh,
    merged,
    shot,
    state,
    text_lora,
    with_lora,
    with_own_encoder,
    written,
)
from tests.generation.toy import TRANSFORMER, assert_same, components
from torch import Tensor

from cut2next.backbones.flux1 import Flux1Facts
from cut2next.backbones.lora import adapted, inject, lora_config
from cut2next.film import InputError, WeightsError
from cut2next.generation.lora_file import read_lora


def stock() -> FluxTransformer2DModel:
    theirs: FluxTransformer2DModel = FluxTransformer2DModel(**TRANSFORMER)
    theirs.load_state_dict(components()["transformer"].state_dict())
    return theirs


def changed(path: Path, *, header: dict[str, str], **tensors: Tensor) -> None:
    """Writes a LoRA file again with something else in it."""
    with safe_open(path, framework="pt") as file:
        known = file.metadata()
    save_file({**load_file(path), **tensors}, path, metadata={**known, **header})


def test_what_is_written_loads_and_makes_the_same(tmp_path: Path) -> None:
    plain, original = shot(fresh()), with_lora()
    path = tmp_path / "mine.safetensors"
    original.save_lora_weights(path, "mine")
    loaded = fresh()
    loaded.load_lora_weights(path, "mine")
    assert_same(shot(loaded), shot(original))
    assert (shot(loaded) - plain).abs().max() > 0.01


def test_merged_is_unmerged_and_back(tmp_path: Path) -> None:
    pipe = fresh()
    plain = shot(pipe)
    pipe.load_lora_weights(written(tmp_path), "mine")
    beside = shot(pipe)
    pipe.fuse_lora()
    assert_same(shot(pipe), beside)
    pipe.unfuse_lora()
    assert_same(shot(pipe), beside)
    pipe.unload_lora_weights()  # type: ignore[no-untyped-call]
    assert_same(shot(pipe), plain)


def test_several_are_weighed(tmp_path: Path) -> None:
    one, two = written(tmp_path, "one", 1), written(tmp_path, "two", 2)
    pipe = fresh()
    pipe.load_lora_weights(one, "one")
    pipe.load_lora_weights(two, "two")
    pipe.set_adapters(["one", "two"], [0.5, 0.25])
    together = merged(pipe.transformer)
    for name, weight in components()["transformer"].state_dict().items():
        added = torch.zeros_like(weight)
        for path, share in ((one, 0.5), (two, 0.25)):
            tensors, key = load_file(path), f"transformer.{name.removesuffix('.weight')}"
            if f"{key}.lora_A.weight" in tensors and name.endswith(".weight"):
                product = tensors[f"{key}.lora_B.weight"] @ tensors[f"{key}.lora_A.weight"]
                added += share * ALPHA / RANK * product
        torch.testing.assert_close(together[name], weight + added, rtol=0, atol=1e-6)


def test_diffusers_own_pipeline_loads_it_at_the_same_scale(tmp_path: Path) -> None:
    path = written(tmp_path)
    parts = {**components(), "transformer": stock()}
    theirs = FluxPipeline(**parts)
    theirs.load_lora_weights(path)
    assert_all_close(merged(theirs.transformer), merged(with_lora().transformer))


def test_peft_loads_it_at_the_same_scale(tmp_path: Path) -> None:
    tensors = load_file(written(tmp_path))
    theirs = stock()
    peft.inject_adapter_in_model(lora_config(Flux1Facts.lora_targets, RANK, ALPHA), theirs, "mine")
    plain = {
        name.removeprefix("transformer."): x
        for name, x in tensors.items()
        if not name.endswith(".alpha")
    }
    loaded: Any = peft.set_peft_model_state_dict(theirs, plain, "mine")
    assert not loaded.unexpected_keys
    assert_all_close(merged(theirs), merged(with_lora().transformer))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    save_file({"conv.weight": torch.zeros(3)}, path)


def other_base(path: Path) -> None:
    name = "transformer.transformer_blocks.0.attn.to_q.lora_A.weight"
    changed(path, header={}, **{name: torch.zeros(RANK, 3072)})


def deeper_base(path: Path) -> None:
    block = "transformer.transformer_blocks.18.attn.to_q"
    pair = {"lora_A": torch.zeros(RANK, 32), "lora_B": torch.zeros(32, RANK)}
    changed(path, header={}, **{f"{block}.{one}.weight": x for one, x in pair.items()})


def misshapen(*shape: int) -> Callable[[Path], None]:
    """Has one factor of some other shape."""
    name = "transformer.transformer_blocks.0.attn.to_q.lora_A.weight"
    return lambda path: changed(path, header={}, **{name: torch.zeros(shape)})


def half_a_pair(path: Path) -> None:
    block = "transformer.transformer_blocks.0.norm1.linear"
    changed(path, header={}, **{f"{block}.lora_B.weight": torch.zeros(32, RANK)})


def other_table(path: Path) -> None:
    pipe = fresh("paper")
    inject(pipe.transformer, "mine", RANK)
    pipe.save_lora_weights(path, "mine")


BAD: list[tuple[Callable[[Path], None], str]] = [
    (Path.unlink, "does not exist"),
    (truncated, "damaged"),
    (empty, "damaged"),
    (foreign, "is no LoRA of FLUX.1, or not only one"),
    (other_base, "made for a matrix of (32, 3072)"),
    (deeper_base, "transformer_blocks.18.attn.to_q, which this transformer does not have"),
    (half_a_pair, "belongs to no pair"),
    (misshapen(), "is no LoRA of FLUX.1"),
    (misshapen(32), "factors of shapes (32,) and"),
    (misshapen(0, 32), "factors of shapes (0, 32) and"),
    (other_table, "trained under the table 'paper'"),
    (lambda path: changed(path, header={"cut2next.segments": "[]"}), "does not have"),
    (lambda path: changed(path, header={"cut2next.prompt_tokens": "5"}), "damaged header"),
    (lambda path: changed(path, header={"cut2next.format": "9"}), "has format 9"),
    (
        lambda path: changed(path, header={"cut2next.prompt_tokens": '{"next prompt": 1}'}),
        "damaged header (prompts of",
    ),
]


@pytest.mark.parametrize(("spoil", "told"), BAD)
def test_what_cannot_be_loaded_is_refused_and_changes_nothing(
    tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    path = written(tmp_path)
    spoil(path)
    pipe = fresh()
    before = shot(pipe)
    with pytest.raises(WeightsError, match=r".*") as refused:
        pipe.load_lora_weights(path, "mine")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not getattr(pipe.transformer, "peft_config", {})
    assert torch.equal(shot(pipe), before)


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    path, pipe = written(tmp_path), fresh()
    pipe.load_lora_weights(path, "mine")
    with pytest.raises(InputError, match="second LoRA called 'mine'"):
        pipe.load_lora_weights(path, "mine")


def test_a_style_without_our_header_goes_with_any_table(tmp_path: Path) -> None:
    path = written(tmp_path)
    save_file(load_file(path), path)
    pipe = fresh("paper")
    pipe.load_lora_weights(path, "style")
    assert adapted(pipe.transformer, "style")


def test_an_empty_folder_is_no_lora(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds no safetensors file"):
        fresh().load_lora_weights(tmp_path, "folder")


def test_a_lora_of_a_text_encoder_is_put_on_and_merged_with_the_rest(tmp_path: Path) -> None:
    pipe, style = with_own_encoder(), {**load_file(written(tmp_path)), **text_lora()}
    plain = state(pipe)
    pipe.load_lora_weights(style, "style")
    pipe.merge_loras()
    after = state(pipe)
    changed = {name for name, tensor in plain.items() if not torch.equal(after[name], tensor)}
    assert {name for name in changed if "text" in name.split(".")[0]} == {
        "text_encoder.encoder.layers.0.mlp.fc1.weight"
    }
    assert len(changed) > 1


def test_a_lora_of_a_text_encoder_alone_is_weighed_saved_and_taken_off(tmp_path: Path) -> None:
    pipe, path = with_own_encoder(), tmp_path / "saved.safetensors"
    plain = state(pipe)
    for _ in range(2):
        pipe.load_lora_weights(text_lora())
    pipe.set_adapters(["default_0", "default_1"], [0.5, 0])
    with pytest.raises(InputError, match="one of default_0, default_1"):
        pipe.save_lora_weights(path, "absent")
    pipe.save_lora_weights(path, "default_0")
    assert list(read_lora(path).networks) == ["text_encoder"]
    pipe.load_lora_weights(written(tmp_path))
    pipe.set_adapters(["mine", "default_1"])
    pipe.unload_lora_weights()  # type: ignore[no-untyped-call]
    assert_unchanged(pipe, plain)


def test_a_text_encoder_that_does_not_fit_leaves_all_as_it_was(tmp_path: Path) -> None:
    pipe, style = with_own_encoder(), {**load_file(written(tmp_path)), **text_lora(layer=7)}
    before = state(pipe)
    with pytest.raises(WeightsError, match=r"layers.7.mlp.fc1, which this text encoder does not"):
        pipe.load_lora_weights(style, "style")
    assert_unchanged(pipe, before)
    pipe.release_text_encoders()
    with pytest.raises(WeightsError, match="adapts this text encoder, which is gone"):
        pipe.load_lora_weights(style, "style")


@pytest.mark.parametrize("others", [0, 2])
def test_what_fails_half_way_is_taken_off_again(
    others: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, style = with_own_encoder(), {**load_file(written(tmp_path)), **text_lora()}
    for number in range(others):
        pipe.load_lora_weights(style, f"other {number}")
    if others:
        pipe.set_adapters([f"other {number}" for number in range(others)], 0.5)
        active = pipe.transformer.active_adapters(), shot(pipe).tolist()
    before = state(pipe)

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no\nroom")

    monkeypatch.setattr(type(pipe.backbone), "put_text_lora", fails)
    with pytest.raises(WeightsError, match=r"does not load \(no room\)"):
        pipe.load_lora_weights(style, "style")
    assert_unchanged(pipe, before)
    assert list(getattr(pipe.transformer, "peft_config", {})) == ["other 0", "other 1"][:others]
    assert not others or active == (pipe.transformer.active_adapters(), shot(pipe).tolist())


def test_tensors_have_a_name_of_their_own(tmp_path: Path) -> None:
    pipe, tensors = fresh(), load_file(written(tmp_path))
    pipe.load_lora_weights(tensors)
    pipe.load_lora_weights(pretrained_model_name_or_path_or_dict=tensors)
    assert list(pipe.transformer.peft_config) == ["default_0", "default_1"]
