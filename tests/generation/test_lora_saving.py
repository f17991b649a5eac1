"""The LoRA on a pipeline is written whole, as it is at weight 1; a model is saved without one."""

import json
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors import safe_open
from tests.generation.loras import (
    ALPHA,
    assert_all_close,
    fresh,
    merged,
    shot,
    with_lora,
    with_own_encoder,
    written,
)
from tests.generation.toy import assert_same

from cut2next.film import InputError, WeightsError
from cut2next.generation.lora_file import read_lora
from cut2next.generation.pipeline import Cut2NextPipeline


def test_the_header_says_how_it_was_trained(tmp_path: Path) -> None:
    with safe_open(written(tmp_path), framework="pt") as file:
        header = file.metadata()
        alphas = [name for name in file.keys() if name.endswith(".alpha")]  # noqa: SIM118
        assert all(file.get_tensor(name).item() == ALPHA for name in alphas)
        assert len(alphas) == len([n for n in file.keys() if "lora_A" in n])  # noqa: SIM118
    assert header["modelspec.architecture"] == "flux-1-dev/lora"
    assert header["cut2next.table"] == "closed"
    assert (header["cut2next.format"], header["cut2next.backbone"]) == ("2", "flux1")
    rows = {tuple(row["segment"]): row for row in json.loads(header["cut2next.segments"])}
    assert rows["shot", -1]["place"] == [0, 0, -1]
    assert rows["shot", 0]["clock"] == "noisy"
    assert rows["shot", 0]["pooled_from"] == ["prompt", 0]
    assert json.loads(header["cut2next.prompt_tokens"])["next prompt"] == 7


def test_only_a_lora_that_is_there_is_saved(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no LoRA called 'absent'"):
        with_lora().save_lora_weights(tmp_path / "x.safetensors", "absent")
    assert not list(tmp_path.iterdir())


def test_the_weight_that_it_had_is_not_written(tmp_path: Path) -> None:
    pipe = with_lora()
    pipe.set_adapters(["mine"], [0.5])
    pipe.save_lora_weights(tmp_path / "mine.safetensors", "mine")
    assert {one.alpha for one in read_lora(tmp_path / "mine.safetensors").adapted.values()} == {
        ALPHA
    }


@pytest.mark.parametrize("settings", [{"bias": "all"}, {"modules_to_save": ["x_embedder"]}])
def test_what_no_lora_can_say_is_not_left_out_of_one(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    pipe = fresh()
    pipe.transformer.add_adapter(peft.LoraConfig(target_modules=["to_q"], **settings), "mine")
    with pytest.raises(InputError, match=r"'mine', with which \S+ and \d+ more were trained"):
        pipe.save_lora_weights(tmp_path / "mine.safetensors", "mine")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("on_class", [True, False])
def test_it_is_saved_in_diffusers_form(on_class: bool, tmp_path: Path) -> None:
    pipe = with_lora()
    saver = Cut2NextPipeline if on_class else pipe
    saver.save_lora_weights(
        save_directory=tmp_path / "new",
        transformer_lora_layers=peft.get_peft_model_state_dict(pipe.transformer, None, "mine"),
        transformer_lora_adapter_metadata=pipe.transformer.peft_config["mine"].to_dict(),
        text_encoder_lora_layers={
            "text_model.encoder.layers.0.mlp.fc1.lora_A.weight": torch.ones(2, 128),
            "text_model.encoder.layers.0.mlp.fc1.lora_B.weight": torch.ones(256, 2),
        },
    )
    assert [path.name for path in (tmp_path / "new").iterdir()] == [
        "pytorch_lora_weights.safetensors"
    ]
    loaded = with_own_encoder()
    loaded.load_lora_weights(tmp_path, subfolder="new", adapter_name="mine")
    assert_all_close(merged(loaded.transformer), merged(pipe.transformer))
    lora = read_lora(tmp_path / "new" / "pytorch_lora_weights.safetensors")
    assert (lora.training is None) == on_class
    assert lora.networks["text_encoder"]


def test_diffusers_form_refuses_what_it_would_have_to_leave_out(tmp_path: Path) -> None:
    layers = {"transformer_blocks.0.attn.to_q.lora_A.weight": torch.ones(2, 32)}
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"transformer_lora_layers": layers, "safe_serialization": False}, "to be pickled"),
        ({"transformer_lora_layers": layers}, "belongs to no pair"),
        ({"unet_lora_layers": layers}, "no LoRA in unet_lora_layers"),
        ({}, "no LoRA in nothing"),
    ]
    for settings, said in refusals:
        with pytest.raises((InputError, WeightsError), match=said):
            Cut2NextPipeline.save_lora_weights(tmp_path / "new", **settings)
    Cut2NextPipeline.save_lora_weights(tmp_path / "new", is_main_process=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fused", [True, False])
def test_a_model_is_not_saved_with_a_lora_that_is_not_merged(fused: bool, tmp_path: Path) -> None:
    pipe = with_lora()
    if fused:
        pipe.fuse_lora()
    for saved in (pipe, pipe.transformer):
        with pytest.raises(InputError, match="`merge_loras`"):
            saved.save_pretrained(tmp_path / "model")
    assert not list(tmp_path.iterdir())
    expected = shot(pipe)
    pipe.merge_loras()
    pipe.save_pretrained(tmp_path / "model")
    assert_same(shot(Cut2NextPipeline.from_pretrained(tmp_path / "model")), expected)
