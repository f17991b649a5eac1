"""Attention back ends and context parallelism, as diffusers sets them, give one result."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from diffusers.models._modeling_parallel import ContextParallelConfig
from diffusers.models.attention_dispatch import (
    AttentionBackendName,
    _AttentionBackendRegistry,
    attention_backend,
)
from tests.backbones.flux1.toy import assert_exact, inputs, toy
from torch import distributed
from torch.multiprocessing.spawn import spawn

from cut2next.conditioning import CLOSED, PAPER, TABLES, Layout, Segment, SegmentTable
from cut2next.film import InputError


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Choosing a back end for a model chooses it for all that follow."""
    yield
    _AttentionBackendRegistry.set_active_backend(AttentionBackendName.NATIVE)


HERE = ["native", "_native_math", "_native_flash"]
"""Back ends that run on a CPU."""


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("table", [PAPER, CLOSED], ids=lambda table: table.name)
def test_every_back_end_computes_the_same(backend: str, table: SegmentTable) -> None:
    model, given = toy(torch.float32), inputs(table).to(torch.float32)
    with torch.no_grad():
        expected = given.velocity(model)
        model.set_attention_backend(backend)
        torch.testing.assert_close(given.velocity(model), expected, rtol=0, atol=2e-5)


def test_a_back_end_that_was_chosen_is_the_one_that_runs() -> None:
    model, given = toy(torch.float32), inputs(PAPER).to(torch.float32)
    model.set_attention_backend("_native_cudnn")
    with torch.no_grad(), pytest.raises(RuntimeError, match="kernel"):
        given.velocity(model)  # there is none on a CPU
    model.reset_attention_backend()
    with torch.no_grad(), attention_backend(AttentionBackendName._NATIVE_MATH):
        given.velocity(model)


@pytest.mark.slow
def test_two_processes_make_what_one_does(tmp_path: Path) -> None:
    spawn(_process, args=(2, str(tmp_path / "meeting")), nprocs=2)


def _process(rank: int, count: int, meeting: str) -> None:
    """One of several; fails, and so does the test, unless all agree with one alone."""
    torch.accelerator.device_count = lambda: 1  # diffusers divides by it, and a CPU has none
    distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=count
    )
    try:
        for table in TABLES.values():
            _assert_shared(table, count)
    finally:
        distributed.destroy_process_group()


def _even(table: SegmentTable) -> Layout:
    """Sizes that two can share; the shots have rows that neither has whole."""
    return Layout(
        table=table,
        prompt_tokens={segment: 4 for segment in table.segments if segment.is_prompt},
        shot_sizes={Segment.CURRENT_SHOT: (3, 2), Segment.NEXT_SHOT: (3, 4)},
    )


def _assert_shared(table: SegmentTable, count: int) -> None:
    alone, together, given = toy(), toy(), inputs(table, layout=_even(table))
    together.enable_parallelism(config=ContextParallelConfig(ulysses_degree=count))
    with torch.no_grad():
        expected = given.velocity(alone)
        assert_exact(given.velocity(together), expected)
        if table.cacheable:
            cache = given.cache(together, set(table.cacheable))
            assert cache.bytes * count == given.cache(alone, set(table.cacheable)).bytes
            assert_exact(given.velocity(together, cache), expected)
    with pytest.raises(InputError, match="a backward pass under context parallelism"):
        given.velocity(together).sum().backward()
