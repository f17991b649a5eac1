"""Conditioning: which timestep modulates a segment (CACI), which segments it may read (HAM)."""

from cut2next.conditioning.attention import segment_attention
from cut2next.conditioning.cache import KeysValues, KVCache
from cut2next.conditioning.grid import grid
from cut2next.conditioning.inputs import SegmentInputs
from cut2next.conditioning.layout import Layout, Pass, Stream
from cut2next.conditioning.segments import (
    CLOSED,
    FULL_ATTENTION,
    PAPER,
    SYNC_COND,
    TABLES,
    table_named,
    with_earlier_shots,
)
from cut2next.conditioning.table import Clock, Kind, Place, Segment, SegmentRule, SegmentTable

__all__ = [
    "CLOSED",
    "FULL_ATTENTION",
    "PAPER",
    "SYNC_COND",
    "TABLES",
    "Clock",
    "KVCache",
    "KeysValues",
    "Kind",
    "Layout",
    "Pass",
    "Place",
    "Segment",
    "SegmentInputs",
    "SegmentRule",
    "SegmentTable",
    "Stream",
    "grid",
    "segment_attention",
    "table_named",
    "with_earlier_shots",
]
