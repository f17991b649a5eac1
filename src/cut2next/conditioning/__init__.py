"""Conditioning: which timestep modulates a segment (CACI), which segments it may read (HAM).

Tables are here without torch; what works on tensors is imported when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cut2next.conditioning.ablations import known_table, table_named
from cut2next.conditioning.grid import grid
from cut2next.conditioning.segments import (
    CLOSED,
    FULL_ATTENTION,
    PAPER,
    SYNC_COND,
    TABLES,
    with_earlier_shots,
)
from cut2next.conditioning.table import Clock, Kind, Place, Segment, SegmentRule, SegmentTable

if TYPE_CHECKING:
    from cut2next.conditioning.attention import segment_attention
    from cut2next.conditioning.cache import KeysValues, KVCache
    from cut2next.conditioning.inputs import SegmentInputs
    from cut2next.conditioning.layout import Layout, Pass, Stream

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
    "known_table",
    "segment_attention",
    "table_named",
    "with_earlier_shots",
]


_ON_TENSORS = {
    "KVCache": "cache",
    "KeysValues": "cache",
    "Layout": "layout",
    "Pass": "layout",
    "SegmentInputs": "inputs",
    "Stream": "layout",
    "segment_attention": "attention",
}


def __getattr__(name: str) -> Any:
    if name not in _ON_TENSORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"cut2next.conditioning.{_ON_TENSORS[name]}"), name)
