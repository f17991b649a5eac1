"""From a name to a pipeline: what is checked, how LoRAs are weighed, and how a fit is applied."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.loras import fresh, shot, with_lora, written
from tests.generation.toy import picture, prompt, toy

from cut2next.film import InputError, WeightsError
from cut2next.generation import plan
from cut2next.generation.device import Device
from cut2next.generation.fit import RESERVE, Fit, Placement, Precision
from cut2next.generation.model_choice import LoadedModel, ModelChoice
from cut2next.generation.pipeline import Cut2NextPipeline

ON_CPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")


def chosen(folder: Path, **changes: Any) -> ModelChoice:
    return ModelChoice(name=str(folder), **changes)


def test_a_whole_model_passes_and_a_damaged_one_is_named(saved: Path, copied: Path) -> None:
    chosen(saved).check()
    network = copied / "transformer" / "diffusion_pytorch_model.safetensors"
    network.unlink()
    with pytest.raises(WeightsError, match="transformer"):
        chosen(copied).check()
    chosen(copied, transformer=Path("elsewhere.gguf")).check()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="unknown model 'maxi'"):
        ModelChoice(name="maxi").check()


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (ModelChoice, {"name": 5}, "ModelChoice.name=5; expected text"),
        (ModelChoice, {"name": "mini", "loras": ["a"]}, r"loras=\['a'\]; expected a list, of each"),
        (ModelChoice, {"name": "mini", "vram": "24"}, "vram='24'; expected a number"),
        (ModelChoice, {"name": "mini", "precision": "int8"}, "precision='int8'; expected a Prec"),
        (Fit, {"precision": "int8"}, "Fit.precision='int8'; expected a Precision"),
        (
            Cut2NextPipeline.from_pretrained,
            {"name": "mini", "loras": "a.safetensors"},
            "loras='a.safetensors'; expected a list",
        ),
    ],
)
def test_what_is_of_another_kind_is_told(kind: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        kind(**given)


def test_a_small_model_needs_no_fit_unless_it_is_asked_for(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (48, 32)
    assert chosen(saved).fit(size) is None
    assert chosen(saved, precision=Precision.INT8).fit(size) == Fit(precision=Precision.INT8)
    monkeypatch.setattr(plan, "LARGE", 1)
    assert chosen(saved).fit(size) == Fit()


@ON_CPU
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"placement": Placement.GROUP}, "weights, group on this machine; expected precision"),
        ({"vram": 0.001}, "0.0 GiB of memory; expected 0.0 GiB to load the model, without"),
        ({"transformer": Path("none.gguf"), "vram": 4}, "none.gguf: no such file"),
    ],
)
def test_what_does_not_fit_is_refused(saved: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises((InputError, WeightsError), match=message):
        chosen(saved, **changes).fit((48, 32))


@ON_CPU
def test_what_a_large_picture_takes_is_looked_at_though_the_model_is_small(
    folder: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large, largest = (512, 256), (1024, 1024), (8192, 8192)
    assert chosen(folder).seconds(small, None, 1) is None
    once, often = (chosen(folder).seconds(small, large, steps) for steps in (1, 50))
    assert once is not None
    assert often is not None
    assert 0 < once < often
    monkeypatch.setattr(Device, "room", lambda *_: 2**28)
    assert chosen(folder).fit(small) is None
    with pytest.raises(InputError, match=r"0\.2 GiB of memory; expected .* for a picture"):
        chosen(folder).fit(small, largest)
    assert chosen(saved).fit(largest) is None  # whose pictures have one size


@pytest.mark.slow
def test_a_shot_that_there_is_no_memory_for_is_made_as_large_as_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy().save_pretrained(tmp_path)  # general weights: no size of their own
    model = ModelChoice(name=str(tmp_path), precision=Precision.BF16)
    large, small = (1536, 1024), (768, 512)
    needed = {
        size: plan.planned(plan.model_in(tmp_path), size).needed.peak(Fit(tiled=True))
        for size in (large, small)
    }
    room = RESERVE + sum(needed.values()) // 2
    monkeypatch.setattr("cut2next.generation.device.Device.room", lambda *_: room)
    fit = model.fit(large)
    assert fit is not None
    assert fit.most_pixels in (2**20, 2**19)
    assert model.fit(small) == Fit()
    with pytest.raises(InputError, match="GiB of memory"):
        model.fit(large, large)  # a size that was asked for stays


def test_loras_are_weighed_and_merged(saved: Path, tmp_path: Path) -> None:
    files = [(written(tmp_path, "one", 1), 0.5), (written(tmp_path, "two", 2), -1.0)]
    model = chosen(saved, loras=files).load()
    assert model.loras == {"one": 0.5, "two": -1.0}
    assert not hasattr(model.pipe.transformer, "peft_config") or not model.pipe._lora_names
    expected = with_lora("one", 1)
    expected.load_lora_weights(files[1][0])
    expected.set_adapters(["one", "two"], [0.5, -1.0])
    torch.testing.assert_close(shot(model.pipe), shot(expected), rtol=0, atol=1e-4)


def test_a_fit_is_applied_in_bfloat16_and_told(saved: Path) -> None:
    model = chosen(saved).load(Fit(precision=Precision.INT8))
    assert model.pipe.dtype == torch.bfloat16
    assert model.precision == "int8"
    assert chosen(saved).load().precision == ""


def test_weights_that_came_quantised_say_no_precision() -> None:
    pipe = fresh()
    model = LoadedModel(choice=ModelChoice(name="toy"), pipe=pipe, fit=Fit())
    assert model.precision == "bf16"
    vars(pipe.transformer)["hf_quantizer"] = "of the files"
    assert model.precision == ""


def test_text_encoders_leave_once_prompts_are_encoded_where_the_fit_says_so() -> None:
    pipe = toy()
    released = Fit(placement=Placement.RELEASED)
    model = LoadedModel(choice=ModelChoice(name="toy"), pipe=pipe, fit=released)
    encoded = model.encode(prompt())
    assert pipe.components["text_encoder_2"] is None
    assert pipe.prefill(picture(), encoded).size == picture().size
    with pytest.raises(InputError, match="after the text encoders were released"):
        model.encode(prompt())
