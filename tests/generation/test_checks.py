"""What a call cannot use is refused in one line."""

from typing import Any

import pytest
import torch
from tests.generation.toy import (
    components,
    picture,
    prompt,
    seeded,
    toy,
)

from cut2next.film import InputError, WeightsError


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image": [picture()] * 2}, "2 images and 1 prompts"),
        ({"prompt": []}, "1 images and 0 prompts"),
        ({"prompt": "a fox"}, "a str in a call of the pipeline; expected HierarchicalPrompts"),
        ({"image": [torch.zeros(3, 32, 32)]}, "a Tensor in a call of the pipeline; expected PIL"),
        ({"prompt": prompt(" ")}, "an empty prompt"),
        ({"num_inference_steps": 0}, "num_inference_steps=0; expected a whole number, 1 or more"),
        ({"num_inference_steps": 2.5}, "num_inference_steps=2.5"),
        ({"num_images_per_prompt": -1}, "num_images_per_prompt=-1"),
        ({"height": 0}, "a size of 48x0; expected multiples of 16"),
        ({"width": 50}, "a size of 50x32; expected multiples of 16 pixels; for example 48x32"),
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
    with pytest.raises(InputError, match=said):
        toy()(**{"image": picture(), "prompt": prompt(), **settings})


NO_NUMBERS = {
    "decoder.conv_out": ("vae", "a next shot that is not of finite numbers, made by the auto"),
    "encoder.conv_in": ("vae", "a current shot that is not of finite numbers, made by the auto"),
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
