"""A folder of cuts, and a desk on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cuts.sample import found

from cut2next.curation.curating import overview
from cut2next.curation.desk import Desk, open_desk
from cut2next.cuts.dataset import read_records
from cut2next.cuts.record import CutRecord
from cut2next.cuts.writer import CutWriter


def written(folder: Path, records: list[CutRecord] | None = None) -> Path:
    """Three cuts, or those that are given."""
    with CutWriter(folder, with_truth=False) as writer:
        for record in records or [found(number) for number in range(3)]:
            writer.add(record)
    return folder


@contextmanager
def desk_on(folder: Path) -> Iterator[Desk]:
    """As `cut2next studio --curate` opens it."""
    seen = overview(read_records(folder, images=False))
    with open_desk(folder, seen, most=1000) as desk:
        yield desk
