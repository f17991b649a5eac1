"""LoRAs may be weaker or stronger for one call, the text encoders' too."""

from typing import Any

import pytest
import torch
from tests.generation.loras import with_lora
from tests.generation.toy import assert_same, latents, picture, prompt, seeded
from torch import Tensor

from cut2next.film import InputError
from cut2next.generation.pipeline import Cut2NextPipeline


@pytest.fixture
def pipe() -> Cut2NextPipeline:
    return with_lora("style")


def _made(pipe: Cut2NextPipeline, scale: float | None = None) -> Tensor:
    told: dict[str, Any] = {} if scale is None else {"joint_attention_kwargs": {"scale": scale}}
    return latents(pipe, picture(), prompt(), generator=seeded(1)[0], **told)


def test_a_scale_is_what_the_weight_of_the_lora_would_be(pipe: Cut2NextPipeline) -> None:
    whole, half, none = _made(pipe), _made(pipe, 0.5), _made(pipe, 0.0)
    assert torch.equal(_made(pipe), whole)
    pipe.set_adapters(["style"], [0.5])
    assert_same(_made(pipe), half)
    assert not torch.allclose(half, whole)
    pipe.disable_lora()  # type: ignore[no-untyped-call]
    assert_same(_made(pipe), none)


def test_a_call_that_breaks_off_leaves_loras_as_they_were(pipe: Cut2NextPipeline) -> None:
    whole = _made(pipe)
    with pytest.raises(ZeroDivisionError):
        pipe(
            picture(),
            prompt(),
            joint_attention_kwargs={"scale": 0.5},
            callback_on_step_end=lambda *_: 1 // 0,  # type: ignore[arg-type]
        )
    assert torch.equal(_made(pipe), whole)


@pytest.mark.parametrize(
    "told", [{"ip_adapter_masks": 1.0}, {"scale": float("nan")}, {"scale": "half"}, 3], ids=str
)
def test_nothing_else_is_told_so(told: dict[str, Any], pipe: Cut2NextPipeline) -> None:
    with pytest.raises(InputError, match=r"^joint_attention_kwargs="):
        pipe(picture(), prompt(), joint_attention_kwargs=told)
