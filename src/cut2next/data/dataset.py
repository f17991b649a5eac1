"""Reads a folder of cuts, as `CutWriter` wrote it, one cut after the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from cut2next.data.schema import CUT_COLUMNS, row_to_cut
from cut2next.data.writer import PARTIAL
from cut2next.film import Cut, InputError

_CUTS_AT_ONCE = 8
"""Cuts held in memory."""


def read_cuts(folder: Path, *, split: str | None = None) -> Iterator[Cut]:
    """The cuts of a data set folder in the order they were added, split by split.

    Raises InputError, here, when it is no such folder or lacks the split; while reading, when a
    file is damaged.
    """
    if not folder.is_dir() or folder.name.endswith(PARTIAL):
        kind = "is only part of a data set" if folder.is_dir() else "no such folder"
        raise _refused(folder, kind)
    files = sorted((folder / "data").glob(f"{split or '*'}-*.parquet"))
    if not files:
        raise _refused(folder, f"holds no cuts in split {split}" if split else "holds no cuts")
    return (cut for path in files for cut in _read_file(path))


def _read_file(path: Path) -> Iterator[Cut]:
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            _check_columns(path, file)
            for batch in file.iter_batches(_CUTS_AT_ONCE, columns=list(CUT_COLUMNS)):
                yield from map(row_to_cut, batch.to_pylist())
    except (pyarrow.ArrowException, OSError, SyntaxError) as error:
        raise _refused(path, f"is damaged ({' '.join(str(error).split())[:80]})") from error


def _check_columns(path: Path, file: Any) -> None:
    missing = sorted(set(CUT_COLUMNS) - set(file.schema_arrow.names))
    if missing:
        raise _refused(path, f"lacks the columns {', '.join(missing)}")


def _refused(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}",
        expected="a folder of cuts",
        hint="`cut2next soundstage` writes one",
    )
