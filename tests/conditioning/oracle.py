"""Attention over segments the obvious way, with a dense mask; and tables of every shape."""

from collections.abc import Mapping

import torch
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from cut2next.conditioning import (
    PAPER,
    TABLES,
    Clock,
    KeysValues,
    Layout,
    Pass,
    Segment,
    SegmentRule,
    SegmentTable,
)

PROMPT_TOKENS = {
    Segment.RELATIONAL_PROMPT: 3,
    Segment.CURRENT_PROMPT: 4,
    Segment.NEXT_PROMPT: 2,
}
SHOT_SIZES = {Segment.CURRENT_SHOT: (2, 3), Segment.NEXT_SHOT: (3, 2)}


def layout_of(table: SegmentTable) -> Layout:
    """A small layout whose two shots differ in shape."""
    return Layout(
        table=table,
        prompt_tokens={one: n for one, n in PROMPT_TOKENS.items() if one in table.segments},
        shot_sizes={one: size for one, size in SHOT_SIZES.items() if one in table.segments},
    )


def dense_mask(plan: Pass) -> Tensor:
    """Who may read whom, bool [L, K]: running tokens by the tokens of the whole table."""
    table, tokens = plan.layout.table, plan.layout.tokens
    rows = []
    for segment in plan.running:
        row = [torch.full((tokens(k),), k in table[segment].reads) for k in table.segments]
        rows.append(torch.cat(row).expand(tokens(segment), -1))
    return torch.cat(rows)


def dense_attention(
    queries: Tensor,
    running: KeysValues,
    plan: Pass,
    cached: Mapping[Segment, KeysValues],
    attend: object = None,
) -> Tensor:
    """What `segment_attention` computes, with all keys and a mask."""
    table = plan.layout.table
    keys = {**plan.split(running.keys), **{one: cached[one].keys for one in plan.cached}}
    values = {**plan.split(running.values), **{one: cached[one].values for one in plan.cached}}
    present = [segment for segment in table.segments if segment in keys]
    columns = torch.cat(
        [torch.full((plan.layout.tokens(one),), one in present) for one in table.segments]
    )
    q, k, v = (
        x.transpose(1, 2)
        for x in (
            queries,
            torch.cat([keys[one] for one in present], dim=1),
            torch.cat([values[one] for one in present], dim=1),
        )
    )
    mask = dense_mask(plan)[:, columns]
    return scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2)


@st.composite
def any_table(draw: st.DrawFn) -> SegmentTable:
    """Rows in any order, any clocks, any readings; mostly not contiguous."""
    others = [segment for segment in PAPER.segments if segment != Segment.NEXT_SHOT]
    present = [*draw(st.sets(st.sampled_from(others))), Segment.NEXT_SHOT]
    if not any(segment.is_prompt for segment in present):
        present.append(Segment.NEXT_PROMPT)
    order = draw(st.permutations(sorted(present)))
    prompts = [segment for segment in order if segment.is_prompt]
    rules = tuple(
        SegmentRule(
            segment=segment,
            clock=draw(st.sampled_from(Clock)),
            pooled_from=draw(st.sampled_from(prompts)),
            reads=frozenset({segment, *draw(st.sets(st.sampled_from(order)))}),
        )
        for segment in order
    )
    return SegmentTable("any", rules)


def some_table() -> st.SearchStrategy[SegmentTable]:
    """The project's tables, and any other."""
    return st.sampled_from(list(TABLES.values())) | any_table()
