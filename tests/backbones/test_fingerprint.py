"""Weights are known by their contents: what changes them shows, and what moves them does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import accelerate
import pytest
import torch
from diffusers.hooks.group_offloading import apply_group_offloading
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from peft import LoraConfig
from tests.backbones.flux1.toy import inputs, toy
from tests.generation.test_precision import FEWER, half
from torch import nn

from cut2next.backbones.fingerprint import fingerprint
from cut2next.conditioning import CLOSED
from cut2next.generation.precision import quantise

CPU = torch.device("cpu")
# PEFT warns of every LoRA after the first.
pytestmark = pytest.mark.filterwarnings("ignore:Already found a `peft_config`")


def adapted(*names: str) -> Any:
    """The toy transformer with LoRAs that make a difference."""
    model = toy(torch.float32)
    for name in names:
        model.add_adapter(LoraConfig(r=2, target_modules=["to_q"]), name)
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora" in name:
            nn.init.normal_(parameter)
    return model


def run(model: Any) -> None:
    with torch.no_grad():
        inputs(CLOSED).to(torch.float32).velocity(model)


def step(model: Any, optimizer: type[torch.optim.Optimizer], rate: float) -> None:
    """Of training: what was injected last learns."""
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    inputs(CLOSED).to(torch.float32).velocity(model).square().mean().backward()
    optimizer(learning, lr=rate).step()  # type: ignore[call-arg]


CHANGES: dict[str, Callable[[Any], object]] = {
    "a LoRA more": lambda model: model.add_adapter(
        LoraConfig(r=2, target_modules=["to_v"], init_lora_weights=False), "third"
    ),
    "a LoRA less": lambda model: model.delete_adapters("first"),
    "none": lambda model: model.unload_lora(),
    "another weight": lambda model: model.set_adapters(["first", "second"], [1.0, 0.9]),
    "another LoRA": lambda model: model.set_adapter("first"),
    "off": lambda model: model.disable_adapters(),
    "fused": lambda model: model.fuse_lora(),
    "a step of SGD": lambda model: step(model, torch.optim.SGD, 1e-3),
    "a step of Adam": lambda model: step(model, torch.optim.AdamW, 1e-6),
    "other weights": lambda model: model.load_state_dict(
        {name: weight + 1e-6 for name, weight in model.state_dict().items()}
    ),
    "one matrix": lambda model: nn.init.normal_(model.transformer_blocks[1].attn.to_k.weight),
    "one bias": lambda model: nn.init.normal_(model.proj_out.bias),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_what_is_computed_shows(change: str) -> None:
    model = adapted("first", "second")
    model.set_adapters(["first", "second"], [1.0, 0.5])
    before = fingerprint(model)
    CHANGES[change](model)
    assert fingerprint(model) != before


def test_a_lora_that_does_nothing_is_none() -> None:
    before, model = fingerprint(adapted()), adapted("mine")
    loaded = fingerprint(model)
    model.disable_adapters()
    assert fingerprint(model) == before
    model.enable_adapters()
    assert fingerprint(model) == loaded
    model.set_adapters(["mine"], [0.0])
    assert fingerprint(model) == before
    model.unload_lora()
    assert fingerprint(model) == before


def test_what_is_fused_and_off_is_taken_out_by_the_next_pass_and_shows() -> None:
    model = adapted("mine")
    model.fuse_lora()
    fused = fingerprint(model)
    model.disable_adapters()
    assert fingerprint(model) != fused


def sequential(model: Any, _: Path) -> object:
    return accelerate.cpu_offload(model, CPU)


def grouped(kind: str) -> Callable[[Any, Path], object]:
    return lambda model, _: apply_group_offloading(model, CPU, CPU, kind, num_blocks_per_group=1)


def reloaded(model: Any, path: Path) -> None:
    torch.save(model.state_dict(), path)
    model.load_state_dict(torch.load(path))


MOVES: dict[str, Callable[[Any, Path], object]] = {
    "to a device": lambda model, _: model._apply(torch.clone),
    "offload of the model": lambda model, _: accelerate.cpu_offload_with_hook(model, CPU),
    "offload of each layer": sequential,
    "offload of blocks": grouped("block_level"),
    "offload of leaves": grouped("leaf_level"),
    "compilation": lambda model, _: model.compile_repeated_blocks(backend="eager"),
    "checkpointing": lambda model, _: model.enable_gradient_checkpointing(),
    "evaluation": lambda model, _: model.eval(),
    "saving and loading": lambda model, folder: reloaded(model, folder / "weights"),
}


@pytest.mark.parametrize("move", MOVES)
def test_whatever_leaves_the_weights_as_they_are_does_not_show(move: str, tmp_path: Path) -> None:
    model = adapted("mine")
    before = fingerprint(model)
    MOVES[move](model, tmp_path)
    assert fingerprint(model) == before
    run(model)
    assert fingerprint(model) == before


def test_a_compiled_network_is_the_network() -> None:
    model = toy()
    assert fingerprint(torch.compile(model, backend="eager")) == fingerprint(model)  # type: ignore[arg-type]


def test_the_order_of_a_picture_s_numbers_in_memory_does_not_show() -> None:
    autoencoder: Any = AutoencoderKL(block_out_channels=(32,))
    before = fingerprint(autoencoder)
    assert fingerprint(autoencoder.to(memory_format=torch.channels_last)) == before


@pytest.mark.parametrize("precision", FEWER)
def test_quantised_weights_have_one_too(precision: Any) -> None:
    first, second = half().transformer, half().transformer
    nn.init.normal_(second.transformer_blocks[0].attn.to_q.weight)
    plain = fingerprint(first)
    for model in (first, second):
        quantise(model, precision)
    assert fingerprint(first) == fingerprint(first) != plain
    assert fingerprint(first) != fingerprint(second)


@pytest.mark.gpu
def test_it_is_the_same_on_a_card() -> None:
    model = adapted("mine")
    before = fingerprint(model)
    assert fingerprint(model.to("cuda")) == before
    model.transformer_blocks[0].to("cpu")
    assert fingerprint(model) == before
