"""Writes a folder of cuts that `datasets.load_dataset` opens: whole, or not at all.

Everything goes into a folder beside the one asked for, which gets its name when all is there. A
writer that is killed leaves that folder behind; the next one of the same name clears it away. Where
cuts are replaced, only they and the card are exchanged; what else lies in the folder stays.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pyarrow
import pyarrow.parquet

from cut2next.cuts.card import Card
from cut2next.cuts.record import REJECTED, SIDES, CutRecord
from cut2next.cuts.schema import Row, record_to_row, table_schema
from cut2next.film import InputError
from cut2next.film.writing import filled_folder, new_folder, output_errors, standing

DATA, CARD = "data", "README.md"
"""What Hugging Face knows a data set by."""
PICTURES = "images"
"""The folder of the PNGs, where they are asked for."""
_CUTS_A_GROUP = 50
"""Cuts held in memory before they are written; a reader may skip through a file by these."""
_BYTES_A_GROUP = 100_000_000
"""Likewise, of pictures, as in `datasets`: Hugging Face's viewer refuses groups over 286 MiB."""
_GROUPS_A_FILE = 10


class CutWriter:
    """A context manager: `add` cuts, and at its end the folder is there; memory stays flat.

    Raises OutputError when the folder exists and is not empty, its own folder is missing, it cannot
    be written, or someone is writing it now; InputError at the end when no cut was added.
    """

    def __init__(
        self,
        folder: Path,
        *,
        with_truth: bool = False,
        with_pictures: bool = False,
        replace: bool = False,
    ) -> None:
        """`with_pictures` also writes "images/NNN-current.png" and "images/NNN-next.png".

        With `replace`, the cuts of a folder that has some make way for the new ones at the end.
        """
        self.folder = Path(os.path.realpath(folder))  # a link stays one, to the new folder
        self.with_truth, self.with_pictures, self.replace = with_truth, with_pictures, replace
        self._schema = table_schema(with_truth=with_truth)
        self._splits: dict[str, _Split] = {}
        self._card = Card()

    def __enter__(self) -> Self:
        self._writing = self._written()
        self._writing.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._writing.__exit__(*raised)

    @contextmanager
    def _written(self) -> Iterator[None]:
        writing = filled_folder if self.replace and data_of(self.folder).exists() else new_folder
        with writing(self.folder) as self._fresh:
            (self._fresh / DATA).mkdir()
            if self.with_pictures:
                (self._fresh / PICTURES).mkdir()
            try:
                yield
                self._finish()
            finally:
                for split in self._splits.values():
                    split.close()

    def add(self, record: CutRecord) -> None:
        """One more cut, into its split or "rejected"; cuts of one film belong in one split.

        Raises InputError for a split that is no plain name, and for a truth that is missing or was
        not asked for; OutputError when it cannot be written.
        """
        named = record.split.isidentifier() and record.split != REJECTED
        if self.with_truth != (record.truth is not None) or not named:
            raise InputError(
                f"split {record.split!r}, truth {'given' if record.truth else 'not given'}",
                expected="a split like train (not rejected), and truth for all cuts or none",
                hint="say with_truth=True to store it",
            )
        split = record.placed
        with output_errors(self.folder):
            if self.with_pictures:
                for side, shot in zip(SIDES, record.shots, strict=True):
                    picture = self._fresh / PICTURES / f"{self._card.count:03d}-{side}.png"
                    picture.write_bytes(shot.image)
            if split not in self._splits:
                self._splits[split] = _Split(self._fresh / DATA, split, self._schema)
            size = sum(len(shot.image) for shot in record.shots)
            self._splits[split].add(record_to_row(record), size)
            self._card.add(record)

    def _finish(self) -> None:
        if not self._card.count:
            raise InputError("no cuts", expected="one or more", hint="nothing was written")
        for split in self._splits.values():
            split.flush()
        (self._fresh / CARD).write_text(self._card.text, encoding="utf-8")


def data_of(folder: Path) -> Path:
    """Where the files of cuts are, also between two renames of a writer."""
    return standing(folder / DATA)


class _Split:
    """The files of one split."""

    def __init__(self, folder: Path, name: str, schema: Any) -> None:
        self.folder, self.name, self.schema = folder, name, schema
        self._waiting: list[Row] = []
        self._bytes = 0
        self._groups = 0
        self._file: Any = None

    def add(self, row: Row, size: int) -> None:
        """One more cut, with so many bytes of pictures."""
        if self._bytes + size > _BYTES_A_GROUP:
            self.flush()
        self._waiting.append(row)
        self._bytes += size
        if len(self._waiting) == _CUTS_A_GROUP:
            self.flush()

    def flush(self) -> None:
        """Writes what is waiting, as a group; closes a file that is full."""
        if not self._waiting:
            return
        if self._file is None:
            number = self._groups // _GROUPS_A_FILE
            path = self.folder / f"{self.name}-{number:05d}.parquet"
            # A batch ends where a page may: so each large picture is found by the index alone.
            self._file = pyarrow.parquet.ParquetWriter(
                path, self.schema, write_page_index=True, write_batch_size=1
            )
        self._file.write_table(pyarrow.Table.from_pylist(self._waiting, self.schema))
        self._waiting, self._bytes = [], 0
        self._groups += 1
        if self._groups % _GROUPS_A_FILE == 0:
            self.close()

    def close(self) -> None:
        """Closes the file; what is still waiting stays unwritten."""
        if self._file is not None:
            self._file.close()
            self._file = None
