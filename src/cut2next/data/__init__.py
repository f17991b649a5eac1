"""Films to cuts: data sets of cuts on disk, made, written and read."""

from cut2next.data.dataset import read_cuts, read_records
from cut2next.data.record import CutRecord, MadeBy, ShotRecord, Span
from cut2next.data.schema import record_of
from cut2next.data.writer import CutWriter

__all__ = [
    "CutRecord",
    "CutWriter",
    "MadeBy",
    "ShotRecord",
    "Span",
    "read_cuts",
    "read_records",
    "record_of",
]
