"""Fewer bits: as small as said, nearly the same results, and refusals where it cannot be."""

import copy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.loras import written
from tests.generation.toy import components, latents, picture, prompt, seeded, toy
from torch import Tensor, nn

from cut2next.film import InputError
from cut2next.generation.fit import Precision
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.precision import block_layers, is_quantised, quantise

FEWER = [Precision.FP8, Precision.INT8, Precision.NF4]
FARTHEST: Mapping[Precision, float] = {
    Precision.FP8: 0.06,
    Precision.INT8: 0.03,
    Precision.NF4: 0.35,
}
"""Of the result of random weights, which forgive less than trained ones do."""


def half() -> Cut2NextPipeline:
    """The toy in bfloat16, with a transformer of its own."""
    networks = ("transformer", "vae", "text_encoder", "text_encoder_2")
    changed = {name: copy.deepcopy(components()[name]) for name in networks}
    return toy(**{name: nn.Module.to(one, torch.bfloat16) for name, one in changed.items()})


def held(layer: Any) -> int:
    """Bytes of a matrix, scales included."""
    weight = layer.weight
    if state := getattr(weight, "quant_state", None):
        return int(weight.nbytes + state.absmax.nbytes)
    names = weight.__tensor_flatten__()[0] if hasattr(weight, "__tensor_flatten__") else []
    return sum(getattr(weight, name).nbytes for name in names) or int(weight.nbytes)


@pytest.mark.parametrize("precision", FEWER)
def test_it_is_as_small_as_said_and_hardly_another(precision: Precision) -> None:
    pipe = half()
    expected = latents(pipe, picture(), prompt(), generator=seeded(1)).float()
    layers = block_layers(pipe.transformer)
    said = {name: precision.bytes(layer) for name, layer in layers.items()}
    quantise(pipe.transformer, precision)
    assert {name: held(one) for name, one in block_layers(pipe.transformer).items()} == said
    found = latents(pipe, picture(), prompt(), generator=seeded(1)).float()
    far = float((found - expected).norm() / expected.norm())
    assert 0 < far < FARTHEST[precision]


def test_only_blocks_change() -> None:
    pipe = half()
    names = set(block_layers(pipe.transformer))
    assert "x_embedder" not in names
    assert "transformer_blocks.0.norm1.linear" in names
    quantise(pipe.transformer, Precision.INT8)
    others = {n: m for n, m in pipe.transformer.named_modules() if n not in names}
    plain = [one.weight for one in others.values() if isinstance(one, nn.Linear)]
    assert plain
    assert all(type(weight.data) is Tensor for weight in plain)


def test_the_text_encoder_too() -> None:
    encoder = half().text_encoder_2
    ids = torch.arange(1, 6)[None]
    expected = encoder(ids).last_hidden_state
    quantise(encoder, Precision.INT8)
    assert is_quantised(encoder)
    torch.testing.assert_close(encoder(ids).last_hidden_state, expected, rtol=0.1, atol=0.1)


@pytest.mark.parametrize("precision", FEWER)
def test_what_is_quantised_carries_a_lora_and_does_not_take_it_in(
    precision: Precision, tmp_path: Path
) -> None:
    pipe = half()
    quantise(pipe.transformer, precision)
    with pytest.raises(InputError, match="quantised weights, to be put into int8"):
        quantise(pipe.transformer, Precision.INT8)
    before = latents(pipe, picture(), prompt(), generator=seeded(1))
    pipe.load_lora_weights(written(tmp_path, "style", 1))
    assert not torch.equal(latents(pipe, picture(), prompt(), generator=seeded(1)), before)
    with pytest.raises(InputError, match="merge first"):
        pipe.fuse_lora()


@pytest.mark.parametrize(
    ("precision", "library"), [("int8", "torchao"), ("fp8", "torchao"), ("nf4", "bitsandbytes")]
)
def test_without_its_library_it_says_what_to_install(
    precision: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (library, "bitsandbytes.nn.modules"):
        monkeypatch.setitem(sys.modules, name, None)
    line = (
        f"^{library} (is not installed; expected it, for {precision}|does not load).*cut2next.quant"
    )
    with pytest.raises(InputError, match=line):
        quantise(half().transformer, Precision(precision))
