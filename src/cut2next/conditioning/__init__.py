"""Conditioning: which timestep modulates a segment (CACI), which segments it may read (HAM)."""

from cut2next.conditioning.attention import segment_attention
from cut2next.conditioning.cache import KeysValues, KeyValueStore
from cut2next.conditioning.grid import grid
from cut2next.conditioning.layout import Layout, Part, Stream
from cut2next.conditioning.segments import (
    CLOSED,
    FULL_ATTENTION,
    PAPER,
    SYNC_COND,
    TABLES,
    Clock,
    Segment,
    SegmentRule,
    SegmentTable,
    table_named,
)

__all__ = [
    "CLOSED",
    "FULL_ATTENTION",
    "PAPER",
    "SYNC_COND",
    "TABLES",
    "Clock",
    "KeyValueStore",
    "KeysValues",
    "Layout",
    "Part",
    "Segment",
    "SegmentRule",
    "SegmentTable",
    "Stream",
    "grid",
    "segment_attention",
    "table_named",
]
