"""Gradient checkpointing: fewer bytes, the same gradients; as many blocks as asked for."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.backbones.flux1.toy import toy
from tests.training.test_step import batch_of, gradients

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.lora import inject
from cut2next.conditioning import CLOSED
from cut2next.film import InputError
from cut2next.generation.memory import peak_bytes
from cut2next.training.checkpointing import checkpoint_blocks
from cut2next.training.step import Draws, NextShotLearner, next_shot_loss

FOUR = {"num_layers": 4, "num_single_layers": 4}


def learnt(model: Flux1Transformer) -> None:
    batch, chance = batch_of(CLOSED, 2, 2), torch.Generator().manual_seed(3)
    noise = torch.randn(batch.clean.shape, generator=chance)
    next_shot_loss(model, batch, torch.linspace(0.2, 0.8, 4), noise).mean.backward()


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_gradients_stay_what_they_were(share: float) -> None:
    model = toy(torch.float32, **FOUR)
    learnt(model)
    expected = gradients(model)
    checkpoint_blocks(model, share)
    learnt(model)
    assert gradients(model).keys() == expected.keys()
    checkpoint_blocks(model, share)
    learnt(model)
    for name, gradient in gradients(model).items():
        assert torch.equal(gradient, expected[name]), name


def test_blocks_run_again_with_the_attention_that_they_ran_with_before() -> None:
    """In bfloat16 a CPU learns with another one than it generates with."""
    model = toy(torch.bfloat16)
    model.requires_grad_(False)
    inject(model, "cuts", rank=2)
    checkpoint_blocks(model, 1.0)
    batch = batch_of(CLOSED, 2, 2)
    batch = replace(
        batch,
        inputs=batch.inputs.to(dtype=torch.bfloat16),
        clean=batch.clean.to(torch.bfloat16),
    )
    NextShotLearner(model, Draws())(batch, 0).mean.backward()
    assert any(p.grad is not None and p.grad.any() for p in model.parameters())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute")  # dynamo looks at it
def test_so_they_do_where_blocks_are_compiled() -> None:
    model = toy(torch.float32)
    learnt(model)
    expected = gradients(model)
    compile_blocks: Callable[..., None] = model.compile_repeated_blocks
    compile_blocks(fullgraph=True, dynamic=False, backend="aot_eager")
    checkpoint_blocks(model, 0.5)
    learnt(model)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("share", "twice"), [(0, 0), (0.25, 1), (0.3, 2), (0.5, 2), (1, 4)])
def test_the_first_of_each_kind_run_twice(share: float, twice: int) -> None:
    model, runs = toy(torch.float32, **FOUR), Counter[str]()
    checkpoint_blocks(model, 1)
    checkpoint_blocks(model, share)
    for kind in ("transformer_blocks", "single_transformer_blocks"):
        for number, block in enumerate(getattr(model, kind)):

            def ran(*_: Any, name: str = f"{kind}.{number}") -> None:
                runs[name] += 1

            block.attn.norm_q.register_forward_hook(ran)
    learnt(model)
    again = {name for name, count in runs.items() if count == 4}  # a prefill and a step, twice
    first = range(twice)
    assert again == {f"{kind}.{n}" for kind in ("transformer_blocks", "single_transformer_blocks")
                     for n in first}  # fmt: skip
    assert set(runs.values()) <= {2, 4}


def test_the_more_are_checkpointed_the_fewer_bytes_are_held() -> None:
    model, held = toy(torch.float32, **FOUR), []
    learnt(model)
    for share in (0, 0.5, 1):
        checkpoint_blocks(model, share)
        held.append(peak_bytes(lambda: learnt(model), [model]))
    assert held[0] > 1.3 * held[1] > 1.5 * held[2]


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_is_within_0_and_1(share: float) -> None:
    with pytest.raises(InputError, match="a number from 0 to 1"):
        checkpoint_blocks(toy(), share)
