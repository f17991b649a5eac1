"""Finds one cut in a folder of them, without decoding the others."""

from itertools import islice
from pathlib import Path

from cut2next.cuts.dataset import read_rows, split_files
from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import row_to_record
from cut2next.film import InputError, cut_id

_EXAMPLE = cut_id("film", "0012", "0013")


def find_record(folder: Path, wanted: str) -> CutRecord:
    """The cut with an id, or with a number: counted from 0, in the order of reading.

    Raises InputError when there is none.
    """
    count = 0
    for path in split_files(folder):
        for at, row in enumerate(read_rows(path, images=False)):
            if wanted in (row_to_record(row).id, str(count)):
                return row_to_record(next(islice(read_rows(path), at, None)))
            count += 1
    raise InputError(
        f"{folder}: no cut {wanted}",
        expected=f'an id like "{_EXAMPLE}", or a number from 0 to {count - 1}',
        hint="ids are in the column id",
    )
