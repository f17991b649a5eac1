"""Reads a folder of cuts, as `CutWriter` wrote it, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from cut2next.cuts.columns import IMAGE_COLUMNS, TRUTH_COLUMNS
from cut2next.cuts.record import REJECTED, CutRecord
from cut2next.cuts.schema import COLUMNS, Row, check_version, missing_columns, row_to_record
from cut2next.cuts.writer import CutWriter, data_of
from cut2next.film import Cut, InputError, cut_id
from cut2next.film.errors import one_line
from cut2next.film.scratch import PARTIAL

_CUTS_AT_ONCE = 8
"""Cuts held in memory."""
_EXAMPLE = cut_id("film", "0012", "0013")


def read_cuts(folder: Path, *, split: str | None = None) -> Iterator[Cut]:
    """The cuts of a data set folder in the order they were added, split by split.

    Cuts that a filter rejected are left out, unless that split is asked for. Raises InputError,
    here, when it is no such folder or lacks the split; while reading, when a file is damaged.
    """
    files = [path for path in split_files(folder, split) if split or split_of(path) != REJECTED]
    return (_cut(path, row) for path in files for row in read_rows(path))


def read_records(
    folder: Path, *, split: str | None = None, images: bool = True
) -> Iterator[CutRecord]:
    """The records of a data set folder, of all splits or one; without images it is quick.

    Raises InputError as `read_cuts` does.
    """
    files = split_files(folder, split)
    return (row_to_record(row) for path in files for row in read_rows(path, images=images))


def rewrite(folder: Path, change: Callable[[Iterator[CutRecord]], Iterable[CutRecord]]) -> None:
    """Replaces the records of a folder by what `change` makes of them: all, or none.

    Raises InputError and OutputError as reading and writing do.
    """
    with CutWriter(folder, with_truth=has_truth(folder), replace=True) as writer:
        for record in change(read_records(folder)):
            writer.add(record)


def has_truth(folder: Path) -> bool:
    """Whether a folder of cuts has the film set's columns."""
    return next(read_records(folder, images=False)).truth is not None


def find_record(folder: Path, wanted: str) -> CutRecord:
    """The cut with an id, or with a number: counted from 0, in the order of reading.

    The pictures of the others are not read. Raises InputError when there is none.
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


def split_files(folder: Path, split: str | None = None) -> list[Path]:
    """The Parquet files of a folder, or of one split, in order.

    Raises InputError when there are none.
    """
    if not folder.is_dir() or folder.name.endswith(PARTIAL):
        kind = "is only part of a data set" if folder.is_dir() else "no such folder"
        raise refused(folder, kind)
    files = sorted(data_of(folder).glob(f"{split or '*'}-*.parquet"))
    if not files:
        raise refused(folder, f"holds no cuts in split {split}" if split else "holds no cuts")
    return files


def split_of(path: Path) -> str:
    """The split that a file belongs to, by its name."""
    return path.stem.rpartition("-")[0]


def read_rows(path: Path, *, images: bool = True) -> Iterator[Row]:
    """The rows of one file. Raises InputError when it is damaged, foreign or too new."""
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            columns = _columns(path, file)
            wanted = [name for name in columns if images or name not in IMAGE_COLUMNS]
            for batch in file.iter_batches(_CUTS_AT_ONCE, columns=wanted):
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _cut(path: Path, row: Row) -> Cut:
    try:
        return row_to_record(row).cut()
    except (OSError, SyntaxError) as error:  # all that PIL raises of a damaged PNG or JPEG
        raise _damaged(path, error) from error


def _columns(path: Path, file: Any) -> list[str]:
    names = file.schema_arrow.names
    if "format" not in names:
        raise refused(path, "lacks the column format")
    # Of the first row: one file is written by one version.
    (first,) = (file.read_row_group(0, columns=["format"])["format"][:1].to_pylist()) or [0]
    check_version(first)
    if missing := missing_columns(names, first):
        raise refused(path, f"lacks the columns {', '.join(missing)}")
    return [name for name in names if name in COLUMNS or name in TRUTH_COLUMNS]


def _damaged(path: Path, error: Exception) -> InputError:
    return refused(path, f"is damaged ({one_line(error, 80)})")


def refused(path: Path, got: str) -> InputError:
    """What is no folder of cuts, in a line."""
    return InputError(
        f"{path}: {got}",
        expected="a folder of cuts",
        hint="`cut2next soundstage` and `cut2next data rawcuts` write one, `cut2next data import` "
        "makes one of an export",
    )
