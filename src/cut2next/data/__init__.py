"""Films to cuts: data sets of cuts on disk, written and read."""

from cut2next.data.dataset import read_cuts
from cut2next.data.schema import MadeBy
from cut2next.data.writer import CutWriter

__all__ = ["CutWriter", "MadeBy", "read_cuts"]
