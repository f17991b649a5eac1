"""Toy pipelines of their own transformer, to put LoRAs on, and LoRAs that make a difference."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import peft
import torch
from tests.generation.toy import components, latents, picture, prompt, seeded, toy
from torch import Tensor, nn

from cut2next.backbones.lora import inject
from cut2next.generation.pipeline import Cut2NextPipeline

RANK, ALPHA = 4, 6.0


def fresh(table: str = "closed", **changes: Any) -> Cut2NextPipeline:
    """The toy pipeline, with a transformer that nothing else shares."""
    return toy(table, **{"transformer": deepcopy(components()["transformer"]), **changes})


def with_lora(
    name: str = "mine", seed: int = 0, *, alpha: float = ALPHA, **changes: Any
) -> Cut2NextPipeline:
    """A toy pipeline with a LoRA that is not nothing."""
    pipe = fresh(**changes)
    inject(pipe.transformer, name, RANK, alpha)
    chance = torch.Generator().manual_seed(seed)
    for parameter in pipe.transformer.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter.data, std=0.1, generator=chance)
    return pipe


def written(folder: Path, name: str = "mine", seed: int = 0, **changes: Any) -> Path:
    """The file of such a LoRA."""
    path = folder / f"{name}.safetensors"
    with_lora(name, seed, **changes).save_lora_weights(path, name)
    return path


def shot(pipe: Cut2NextPipeline) -> Tensor:
    """What a pipeline makes of one cut, in latents."""
    return latents(pipe, picture(), prompt(), generator=seeded(1))


def merged(transformer: nn.Module) -> dict[str, Tensor]:
    """Every weight with its LoRA added to it, by the name it had before."""
    for module in transformer.modules():
        if isinstance(module, peft.tuners.tuners_utils.BaseTunerLayer):
            module.merge()
    state = transformer.state_dict()
    return {n.replace(".base_layer", ""): x for n, x in state.items() if ".lora_" not in n}


def assert_all_close(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(actual[name], tensor, rtol=0, atol=1e-6)


def text_lora(layer: int = 0) -> dict[str, Tensor]:
    """Of CLIP, by kohya's names."""
    name = f"lora_te1_text_model_encoder_layers_{layer}_mlp_fc1"
    shapes = {"lora_down": (2, 128), "lora_up": (256, 2)}
    return {f"{name}.{kind}.weight": torch.ones(shape) for kind, shape in shapes.items()}


def with_own_encoder() -> Cut2NextPipeline:
    return fresh(text_encoder=deepcopy(components()["text_encoder"]))


def state(pipe: Cut2NextPipeline) -> dict[str, Tensor]:
    """All that a LoRA could change."""
    return {
        f"{part}.{name}": tensor.clone()
        for part in ("transformer", "text_encoder")
        for name, tensor in getattr(pipe, part).state_dict().items()
    }


def assert_unchanged(pipe: Cut2NextPipeline, before: dict[str, Tensor]) -> None:
    after = state(pipe)
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
