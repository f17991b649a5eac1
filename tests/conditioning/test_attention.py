"""Attention by segments is attention with the dense mask."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.conditioning.oracle import dense_attention, dense_mask, layout_of, some_table

from cut2next.conditioning import (
    TABLES,
    KeysValues,
    Segment,
    SegmentTable,
    segment_attention,
)


@given(table=some_table(), data=st.data())
def test_it_is_attention_with_a_dense_mask(table: SegmentTable, data: st.DataObject) -> None:
    others = sorted({*table.segments} - {Segment.NEXT_SHOT})
    stored = data.draw(st.sets(st.sampled_from(others))) if others else set()
    layout = layout_of(table)
    part = layout.part(set(table.segments) - stored, stored)
    held: dict[Segment, KeysValues] = {
        segment: KeysValues(*_random(2, layout.tokens(segment))) for segment in stored
    }
    length = sum(layout.tokens(segment) for segment in part.running)
    queries, running = _random(1, length)[0], KeysValues(*_random(2, length))
    torch.testing.assert_close(
        segment_attention(queries, running, part, held),
        dense_attention(queries, running, part, held),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_gradients_too(table: SegmentTable) -> None:
    part = layout_of(table).part(table.segments)
    tensors = [x.requires_grad_() for x in _random(3, len(dense_mask(part)))]
    by_attention = []
    for attention in (segment_attention, dense_attention):
        out = attention(tensors[0], KeysValues(*tensors[1:]), part, {})
        by_attention.append(torch.autograd.grad(out.square().sum(), tensors))
    torch.testing.assert_close(*by_attention, rtol=0, atol=1e-12)


def _random(number: int, length: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(length)
    return [
        torch.randn(2, length, 3, 4, dtype=torch.float64, generator=generator)
        for _ in range(number)
    ]
