"""However a pipeline is put onto a card, the picture is the same."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.loras import written
from tests.generation.test_precision import half
from tests.generation.toy import latents, made, picture, prompt, seeded

from cut2next.generation import placing
from cut2next.generation.fit import (
    Fit,
    Placement,
    Precision,
)
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.placing import fitted


@pytest.mark.parametrize("placement", [Placement.RESIDENT, Placement.RELEASED, Placement.GROUP])
def test_where_weights_are_makes_no_difference(placement: Placement) -> None:
    asked = prompt()
    expected = latents(half(), picture(), asked, generator=seeded(1))
    pipe = fitted(half(), Fit(placement=placement), "cpu")
    encoded = pipe.encode_prompt(asked)
    if placement is Placement.RELEASED:
        pipe.release_text_encoders("cpu")
    assert torch.equal(latents(pipe, picture(), encoded, generator=seeded(1)), expected)


@pytest.mark.gpu
@pytest.mark.parametrize("placement", list(Placement))
def test_on_a_card_too(placement: Placement) -> None:
    asked = prompt()
    expected = latents(half().to("cuda"), picture(), asked, generator=seeded(1))
    pipe = fitted(half(), Fit(placement=placement), "cuda")
    encoded = pipe.encode_prompt(asked)
    if placement is Placement.RELEASED:
        pipe.release_text_encoders("cuda")
    actual = latents(pipe, picture(), encoded, generator=seeded(1))
    torch.testing.assert_close(actual, expected, rtol=0.02, atol=0.02)


def test_a_lora_is_merged_before_quantising(tmp_path: Path) -> None:
    lora = written(tmp_path, "cut2next", 1)
    plain, adapted = half(), half()
    adapted.load_lora_weights(lora)
    unmerged = latents(adapted, picture(), prompt(), generator=seeded(1)).float()
    fitted(adapted, Fit(precision=Precision.INT8), "cpu")
    fitted(plain, Fit(precision=Precision.INT8), "cpu")
    actual = latents(adapted, picture(), prompt(), generator=seeded(1)).float()
    without = latents(plain, picture(), prompt(), generator=seeded(1)).float()
    assert (actual - unmerged).norm() < 0.5 * (actual - without).norm()


def test_a_picture_in_tiles_is_nearly_the_picture() -> None:
    pipe, asked = half(), prompt()
    noise = torch.randn(1, 48 * 48, 64, generator=seeded(2)[0])
    large = picture(size=(768, 768))
    whole = made(pipe, large, asked, 1, latents=noise, output_type="np")
    tiled = fitted(copy.deepcopy(pipe), Fit(tiled=True), "cpu")
    actual = made(tiled, large, asked, 1, latents=noise, output_type="np")
    assert actual.shape == whole.shape
    assert abs(actual - whole).mean() < 0.05


@pytest.mark.parametrize("placement", [Placement.RESIDENT, Placement.RELEASED, Placement.MODEL])
def test_fp8_is_computed_in_where_the_card_can(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def noted(*arguments: Any, in_fp8: bool = False) -> None:
        asked.append(in_fp8)

    monkeypatch.setattr(placing, "quantise", noted)
    monkeypatch.setattr(placing, "computes_fp8", lambda device: device == "cpu")
    monkeypatch.setattr(Cut2NextPipeline, "enable_model_cpu_offload", lambda *_, **__: None)
    fitted(half(), Fit(precision=Precision.FP8, placement=placement), "cpu")
    assert asked == [True, False]  # T5 is in int8
