"""What a call cannot use is refused in one line."""

from typing import Any

import numpy as np
import pytest
import torch
from tests.generation.toy import (
    components,
    latents,
    picture,
    prompt,
    seeded,
    toy,
)

from cut2next.film import InputError, WeightsError

HIERARCHICAL = (
    r"prompt='a fox'; expected a HierarchicalPrompt or an EncodedPrompt; "
    r"for example HierarchicalPrompt\(relational=…, current=…, next=…\)"
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image": [picture()] * 2}, "2 images and 1 prompts"),
        ({"prompt": []}, "1 images and 0 prompts"),
        ({"prompt": "a fox"}, HIERARCHICAL),
        ({"prompt": [prompt(), 5]}, "prompt=5; expected a HierarchicalPrompt"),
        ({"prompt": None}, "prompt=None; expected a HierarchicalPrompt"),
        ({"image": "a.png"}, r"image='a.png'; expected an Image or a CurrentShot; PIL.Image.open"),
        ({"image": [torch.zeros(3, 32, 32)]}, r"image=tensor.*; expected an Image"),
        ({"image": np.zeros((32, 48, 3))}, r"image=array.*; expected an Image"),
        ({"prompt": prompt(" ")}, "an empty prompt"),
        ({"num_inference_steps": 0}, "num_inference_steps=0; expected a whole number, 1 to 1000"),
        ({"num_inference_steps": 2.5}, r"num_inference_steps=2\.5"),
        ({"num_inference_steps": True}, "num_inference_steps=True"),
        ({"num_inference_steps": 1001}, "num_inference_steps=1001"),
        ({"num_images_per_prompt": -1}, "num_images_per_prompt=-1"),
        ({"num_images_per_prompt": True}, "num_images_per_prompt=True"),
        ({"num_images_per_prompt": "2"}, "num_images_per_prompt='2'"),
        ({"guidance_scale": -1}, "guidance_scale=-1; expected a number from 0 to 30; for exam"),
        ({"guidance_scale": float("nan")}, "guidance_scale=nan"),
        ({"guidance_scale": float("inf")}, "guidance_scale=inf"),
        ({"guidance_scale": [3.5]}, r"guidance_scale=\[3\.5\]"),
        ({"guidance_scale": torch.ones(2)}, r"guidance_scale=tensor\(\[1\., 1\.\]\)"),
        ({"guidance_scale": "3.5"}, r"guidance_scale='3\.5'"),
        ({"guidance_scale": None}, "guidance_scale=None"),
        ({"relational_strength": -0.1}, r"relational_strength=-0\.1; expected .* from 0 to 4"),
        ({"relational_strength": float("nan")}, "relational_strength=nan"),
        ({"relational_strength": False}, "relational_strength=False"),
        ({"current_strength": 4.5}, r"current_strength=4\.5; expected a number from 0 to 4"),
        ({"current_strength": [1.0]}, r"current_strength=\[1\.0\]"),
        ({"height": 48.0}, r"width and height=\(48, 48\.0\); expected \(a whole number, a whole"),
        ({"height": 16 * 513}, "a size of 48x8208; expected sides of up to 8192 pixels"),
        ({"generator": 7}, r"generator=7; expected a Generator; torch\.Generator\(\)\.manual_seed"),
        ({"generator": [7]}, "generator=7; expected a Generator"),
        ({"latents": np.zeros((1, 6, 64))}, r"latents=array.*; expected a Tensor"),
        ({"latents": torch.full((1, 6, 64), torch.nan)}, "latents of .*, of finite numbers"),
        ({"callback_on_step_end": "stop"}, "callback_on_step_end='stop'"),
        ({"height": 0}, "a size of 48x0; expected sides of up to 8192 pixels"),
        ({"width": 50}, "a size of 50x32; expected multiples of 16 .*; for example 48x32"),
        ({"generator": seeded(1, 2)}, "2 generators; expected one for all, or 1"),
        ({"latents": torch.zeros(1, 5, 64)}, r"latents of shape \(1, 5, 64\); expected .*6, 64"),
        ({"output_type": "jpeg"}, "output_type 'jpeg'; expected one of pil, np, pt, latent"),
        ({"callback_on_step_end_tensor_inputs": ["noise"]}, "'noise'; expected one of latents"),
        ({"image": picture(size=(8, 80))}, "a picture of 8x80; expected at least 16"),
        (
            {"image": [picture(), picture(size=(32, 32))], "prompt": [prompt()] * 2},
            "current shots of 32x32, 48x32; expected one size",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as refusal:
        toy()(**{"image": picture(), "prompt": prompt(), **settings})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("method", "given", "said"),
    [
        ("prefill", ["a.png", prompt().current], "image='a.png'; expected an Image"),
        ("prefill", [picture(), "a fox"], "prompt='a fox'; expected an IndividualPrompt or"),
        (
            "prefill",
            [picture(), prompt()],
            "prompt=Hierarchical.*; expected an Individual",
        ),
        ("encode_prompt", ["a fox"], "prompt='a fox'; expected a HierarchicalPrompt"),
        ("prepare", [picture(), "a fox"], "prompt='a fox'; expected a HierarchicalPrompt"),
        ("prefill_bytes", [48.0, 32], "width and height="),
        ("steps", ["8"], "num_inference_steps='8'"),
    ],
)
def test_every_door_has_the_same_guard(method: str, given: list[Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        getattr(toy(), method)(*given)


def test_numbers_of_numpy_are_numbers() -> None:
    asked: dict[str, Any] = {
        "num_inference_steps": np.int64(2),
        "height": np.int32(32),
        "guidance_scale": np.float32(3.5),
        "current_strength": np.float64(1),
        "relational_strength": 1,
    }
    plain = latents(toy(), picture(), prompt(), generator=seeded(1))
    assert torch.equal(latents(toy(), picture(), prompt(), generator=seeded(1), **asked), plain)


NO_NUMBERS = {
    "decoder.conv_out": ("vae", "a next shot that is not of finite numbers, made by the auto"),
    "encoder.conv_in": ("vae", "a shot that is not of finite numbers, made by the auto"),
    "proj_out": ("transformer", "a next shot that is not of finite numbers, made by the trans"),
    "final_layer_norm": ("text_encoder_2", "prompt that is not of finite numbers, made by the te"),
}


@pytest.mark.parametrize("output_type", ["pil", "np", "pt"])
@pytest.mark.parametrize("layer", NO_NUMBERS)
def test_what_is_no_picture_is_not_shown(layer: str, output_type: str) -> None:
    network, said = NO_NUMBERS[layer]
    pipe = toy(**components.__wrapped__())
    for name, weight in getattr(pipe, network).named_parameters():
        if layer in name:
            torch.nn.init.constant_(weight, torch.nan)
    with pytest.raises(WeightsError, match=said):
        pipe(picture(), prompt(), output_type=output_type)


def test_an_autoencoder_that_leaves_float16_is_told() -> None:
    """Its weights are finite, and what it makes is not: a black picture, if nobody looked."""
    pipe = toy(**components.__wrapped__())
    torch.nn.init.normal_(pipe.vae.decoder.conv_out.weight, std=10_000.0)
    pipe(picture(), prompt())
    pipe.vae.half()
    with pytest.raises(WeightsError, match="too large for float16: load them in bfloat16"):
        pipe(picture(), prompt())
