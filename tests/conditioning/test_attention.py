"""Attention by segments is attention with the dense mask."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.conditioning.oracle import dense_attention, dense_mask, layout_of, some_table
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from cut2next.conditioning import (
    TABLES,
    KeysValues,
    Segment,
    SegmentTable,
    segment_attention,
)
from cut2next.conditioning.layout import plan_pass


@given(table=some_table(), data=st.data())
def test_it_is_attention_with_a_dense_mask(table: SegmentTable, data: st.DataObject) -> None:
    others = sorted({*table.segments} - {Segment.NEXT_SHOT})
    cached = data.draw(st.sets(st.sampled_from(others))) if others else set()
    layout = layout_of(table)
    plan = plan_pass(layout, set(table.segments) - cached, cached)
    held: dict[Segment, KeysValues] = {
        segment: KeysValues(*_random(2, layout.tokens(segment))) for segment in cached
    }
    length = sum(layout.tokens(segment) for segment in plan.running)
    queries, running = _random(1, length)[0], KeysValues(*_random(2, length))
    torch.testing.assert_close(
        segment_attention(queries, running, plan, held),
        dense_attention(queries, running, plan, held),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_gradients_too(table: SegmentTable) -> None:
    plan = layout_of(table).step()
    tensors = [x.requires_grad_() for x in _random(3, len(dense_mask(plan)))]
    by_attention = []
    for attention in (segment_attention, dense_attention):
        out = attention(tensors[0], KeysValues(*tensors[1:]), plan, {})
        by_attention.append(torch.autograd.grad(out.square().sum(), tensors))
    torch.testing.assert_close(*by_attention, rtol=0, atol=1e-12)


def _random(number: int, length: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(length)
    return [
        torch.randn(2, length, 3, 4, dtype=torch.float64, generator=generator)
        for _ in range(number)
    ]


class Largest(TorchDispatchMode):
    """Notes the largest tensor that any operation makes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.numbers = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        made = func(*args, **(kwargs or {}))
        tensors = made if isinstance(made, tuple | list) else (made,)
        found = [one.numel() for one in tensors if isinstance(one, Tensor)]
        self.numbers = max([self.numbers, *found])
        return made


def largest(attend: Callable[..., Tensor], table: SegmentTable, side: int) -> int:
    sizes = dict.fromkeys((Segment.CURRENT_SHOT, Segment.NEXT_SHOT), (side, side))
    layout = replace(layout_of(table), shot_sizes=sizes)
    plan = layout.step()
    length = sum(layout.tokens(segment) for segment in plan.running)
    queries, keys, values = (x.float() for x in _random(3, length))
    seen = Largest()
    with torch.no_grad(), seen:
        attend(queries, KeysValues(keys, values), plan, {})
    return seen.numbers


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_tensor_grows_with_the_square_of_the_tokens(table: SegmentTable) -> None:
    few, many = (largest(segment_attention, table, side) for side in (16, 32))
    assert many < 4.1 * few
    # The dense mask, by the same count, does.
    assert largest(dense_attention, table, 32) > 12 * largest(dense_attention, table, 16)
