"""The idea of Cut2Next on one screen: what modulates a segment, and what a segment may read.

Everything else is derived from a table: modulation, attention, positions, what may be cached and
what makes a cache stale (`table.py`, `layout.py`). A variant of the method is another table, never
a flag.

The paper writes the sequence as [relational, current prompt, next prompt, current shot, next shot]
(Eq. 1). Positions are explicit, so order is free; in the order below every reading set of the paper
is one contiguous stretch (HAM is a band) and attention needs no gather.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from cut2next.conditioning.table import (
    LEFT,
    Clock,
    Segment,
    SegmentRule,
    SegmentTable,
    drawn_table,
)
from cut2next.conditioning.table import DrawnRow as Row

CLEAN, NOISY = Clock.CLEAN, Clock.NOISY

PAPER = drawn_table(
    "paper",
    #                        current current relational next next
    #                        prompt  shot    prompt     shot prompt
    Row("current prompt",    "●       ●       ·          ·    ·", CLEAN, "current prompt"),
    Row("current shot",      "●       ●       ●          ●    ·", CLEAN, "current prompt", LEFT),
    Row("relational prompt", "·       ●       ●          ●    ·", CLEAN, "relational prompt"),
    Row("next shot",         "·       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "·       ·       ·          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""CACI and HAM as published. Pooled vectors of the prompts themselves are ours: each its own."""

CLOSED = drawn_table(
    "closed",
    Row("current prompt",    "●       ●       ·          ·    ·", CLEAN, "current prompt"),
    Row("current shot",      "●       ●       ·          ·    ·", CLEAN, "current prompt", LEFT),
    Row("relational prompt", "·       ●       ●          ·    ·", CLEAN, "relational prompt"),
    Row("next shot",         "·       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "·       ·       ·          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""Ours: nothing clean reads anything noisy, so the clean half is computed once for all steps.

The current shot does not read the relational prompt either: its half outlives the cut, and serves
every pattern, seed and next prompt that is tried on the same shot.
"""

SYNC_COND = drawn_table(
    "sync-cond",
    Row("current prompt",    "●       ●       ·          ·    ·", NOISY, "current prompt"),
    Row("current shot",      "●       ●       ●          ●    ·", NOISY, "current prompt", LEFT),
    Row("relational prompt", "·       ●       ●          ●    ·", NOISY, "relational prompt"),
    Row("next shot",         "·       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "·       ·       ·          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""The paper's ablation of CACI: every segment gets the timestep t."""

FULL_ATTENTION = drawn_table(
    "full-attention",
    Row("current prompt",    "●       ●       ●          ●    ●", CLEAN, "current prompt"),
    Row("current shot",      "●       ●       ●          ●    ●", CLEAN, "current prompt", LEFT),
    Row("relational prompt", "●       ●       ●          ●    ●", CLEAN, "relational prompt"),
    Row("next shot",         "●       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "●       ●       ●          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""CACI without HAM; the paper never ablates its mask."""

TABLES: Mapping[str, SegmentTable] = MappingProxyType(
    {table.name: table for table in (PAPER, SYNC_COND, FULL_ATTENTION, CLOSED)}
)


def with_earlier_shots(table: SegmentTable, count: int) -> SegmentTable:
    """The table with `count` shots before the current one: more context shots are more rows.

    Each is a current shot of its own: it reads what that reads of its own half, so it is read once
    and stays. Whatever else reads the current shot reads it too. It lies one further to the left
    for each shot in between, *and so does its prompt*: the two lie to each other as they did when
    it was the current shot, so what was kept of it then holds, turned to where it lies now.
    Raises ValueError for less than no shots.
    """
    if count < 0:
        raise ValueError(f"{count} earlier shots; expected 0 or more")
    shots = [Segment.CURRENT_SHOT.back(back) for back in range(1, count + 1)]
    rules = [
        replace(rule, reads=rule.reads.union(shots))
        if Segment.CURRENT_SHOT in rule.reads and not rule.segment.is_context
        else rule
        for rule in table.rules
    ]
    for back in range(1, count + 1):
        rules[:0] = [_earlier(rule, back) for rule in table.rules if rule.segment.is_context]
    return SegmentTable(f"{table.name} after {count} shots" if count else table.name, tuple(rules))


def _earlier(rule: SegmentRule, back: int) -> SegmentRule:
    """What holds of the current half, of so many shots before."""
    return replace(
        rule,
        segment=rule.segment.back(back),
        clock=Clock.CLEAN,
        pooled_from=rule.pooled_from.back(back),
        reads=frozenset(read.back(back) for read in rule.reads if read.is_context),
        place=rule.place._replace(x=rule.place.x - back),
    )
