"""Reads a folder of cuts, as `CutWriter` wrote it, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from cut2next.cuts.columns import IMAGE_COLUMNS
from cut2next.cuts.opening import Table, refused
from cut2next.cuts.record import REJECTED, CutRecord
from cut2next.cuts.row_checks import CheckedRow, checked_row
from cut2next.cuts.writer import CutWriter, data_of
from cut2next.film import Cut, InputError, cut_id
from cut2next.film.scratch import PARTIAL

_EXAMPLE = cut_id("film", "0012", "0013")


def read_cuts(folder: Path, *, split: str | None = None) -> Iterator[Cut]:
    """The cuts of a data set folder in the order they were added, split by split.

    Cuts that a filter rejected are left out, unless that split is asked for. Raises InputError,
    here, when it is no such folder or lacks the split; while reading, when a file is damaged.
    """
    files = [path for path in split_files(folder, split) if split or split_of(path) != REJECTED]
    return (record.cut() for path in files for record in read_file(path))


def read_records(
    folder: Path, *, split: str | None = None, images: bool = True
) -> Iterator[CutRecord]:
    """The records of a data set folder, of all splits or one; without images it is quick.

    Raises InputError as `read_cuts` does.
    """
    files = split_files(folder, split)
    return (record for path in files for record in read_file(path, images=images))


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
        for at, record in enumerate(read_file(path, images=False)):
            if wanted in (record.id, str(count)):
                return next(islice(read_file(path), at, None))
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
    named = split is None or split.isidentifier()  # no pattern, and no path
    files = sorted(data_of(folder).glob(f"{split or '[!.]*'}-*.parquet")) if named else []
    if not files:
        where = "" if split is None else f" in split {split}"
        raise refused(folder, f"holds no cuts{where}")
    return files


def split_of(path: Path) -> str:
    """The split that a file belongs to, by its name."""
    return path.stem.rpartition("-")[0]


def read_file(path: Path, *, images: bool = True) -> Iterator[CutRecord]:
    """The records of one file. Raises InputError for it or for a row as `validate` would."""
    for at, row in enumerate(checked_rows(path, images=images)):
        if row.record is None or row.faults:
            raise _refused_row(path, at, row)
        yield row.record


def checked_rows(path: Path, *, images: bool = True) -> Iterator[CheckedRow]:
    """The rows of one file with what is wrong with each.

    Raises InputError when the file is damaged, foreign or too new.
    """
    with Table(path) as table:
        table.check()
        wanted = [name for name in table.columns if images or name not in IMAGE_COLUMNS]
        for row in table.rows(wanted):
            yield checked_row(row, placed=split_of(path), version=table.version)


def _refused_row(path: Path, at: int, row: CheckedRow) -> InputError:
    column, fault = row.faults[0]
    return InputError(
        f"{path}, row {at}, column {column}: {fault}",
        expected="what a cut may be",
        hint="`cut2next data validate` lists all that is wrong",
    )
