"""Writes a folder of cuts that `datasets.load_dataset` opens: whole, or not at all.

Everything goes into a folder beside the one asked for, which gets its name when all is there. A
writer that is killed leaves that folder behind; the next one of the same name clears it away. Where
cuts are replaced, only they and the card are exchanged; what else lies in the folder stays.
"""

import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow
import pyarrow.parquet

from cut2next.cuts.card import Card
from cut2next.cuts.record import REJECTED, SIDES, CutRecord
from cut2next.cuts.schema import Row, features, record_to_row
from cut2next.film import InputError, OutputError

PARTIAL = ".cut2next-partial"
"""What the name of an unfinished folder ends with."""
DATA, CARD = "data", "README.md"
"""What Hugging Face knows a data set by."""
_OLD_DATA = ".data.old"
PICTURES = "images"
"""The folder of the PNGs, where they are asked for."""
_CUTS_A_GROUP = 50
"""Cuts held in memory before they are written; a reader may skip through a file by these."""
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
        self._schema = features(with_truth=with_truth).arrow_schema
        self._partial = self.folder.parent / f".{self.folder.name}{PARTIAL}"
        self._splits: dict[str, _Split] = {}
        self._card = Card()

    def __enter__(self) -> Self:
        try:
            if not self.replace:
                _check_free(self.folder)
            self._lock = _lock(self._partial)
            if self.replace:
                _recover(self._partial, self.folder)
            _clear(self._partial)
            (self._partial / DATA).mkdir()
            if self.with_pictures:
                (self._partial / PICTURES).mkdir()
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        return self

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
        try:
            self._write(record)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def _write(self, record: CutRecord) -> None:
        if self.with_pictures:
            for side, shot in zip(SIDES, record.shots, strict=True):
                picture = self._partial / PICTURES / f"{self._card.count:03d}-{side}.png"
                picture.write_bytes(shot.image)
        split = record.placed
        if split not in self._splits:
            self._splits[split] = _Split(self._partial / DATA, split, self._schema)
        self._splits[split].add(record_to_row(record))
        self._card.add(record)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as failure:
            raise _unwritable(self.folder, failure) from failure
        finally:
            for split in self._splits.values():
                split.abandon()
            shutil.rmtree(self._partial, ignore_errors=True)
            os.close(self._lock)

    def _finish(self) -> None:
        if not self._card.count:
            raise InputError("no cuts", expected="one or more", hint="nothing was written")
        for split in self._splits.values():
            split.close()
        (self._partial / CARD).write_text(self._card.text, encoding="utf-8")
        (self._partial / _LOCK).unlink()
        if self.replace and (self.folder / DATA).exists():
            _exchange(self._partial, self.folder)
        else:
            self._partial.replace(self.folder)


def _exchange(fresh: Path, folder: Path) -> None:
    """Gives a folder the cuts and the card of another one, and deletes its own.

    A kill in between is mended by the next writer; until then readers find the old cuts.
    """
    (folder / DATA).rename(folder / _OLD_DATA)
    (fresh / DATA).rename(folder / DATA)
    (fresh / CARD).replace(folder / CARD)
    shutil.rmtree(folder / _OLD_DATA)


def data_of(folder: Path) -> Path:
    """Where the files of cuts are, also between two renames of a writer."""
    old = folder / _OLD_DATA
    return old if old.exists() and not (folder / DATA).exists() else folder / DATA


def _recover(fresh: Path, folder: Path) -> None:
    """Ends, or undoes, what a killed writer was about to exchange."""
    if not (folder / _OLD_DATA).exists():
        return
    if not (folder / DATA).exists():
        (folder / _OLD_DATA).rename(folder / DATA)
        return
    if (fresh / CARD).exists():
        (fresh / CARD).replace(folder / CARD)
    shutil.rmtree(folder / _OLD_DATA)


class _Split:
    """The files of one split."""

    def __init__(self, folder: Path, name: str, schema: Any) -> None:
        self.folder, self.name, self.schema = folder, name, schema
        self._waiting: list[Row] = []
        self._groups = 0
        self._file: Any = None

    def add(self, row: Row) -> None:
        self._waiting.append(row)
        if len(self._waiting) == _CUTS_A_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        if self._file is None:
            number = self._groups // _GROUPS_A_FILE
            path = self.folder / f"{self.name}-{number:05d}.parquet"
            self._file = pyarrow.parquet.ParquetWriter(path, self.schema)
        self._file.write_table(pyarrow.Table.from_pylist(self._waiting, self.schema))
        self._waiting = []
        self._groups += 1
        if self._groups % _GROUPS_A_FILE == 0:
            self.abandon()

    def close(self) -> None:
        if self._waiting:
            self._write_group()
        self.abandon()

    def abandon(self) -> None:
        """Closes the file; what is still waiting stays unwritten."""
        if self._file is not None:
            self._file.close()
            self._file = None


_LOCK = "lock"


def _lock(partial: Path) -> int:
    """Makes the partial folder; returns the open lock that says that someone is writing it."""
    partial.mkdir(exist_ok=True)
    lock = os.open(partial / _LOCK, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise OutputError(
            f"{partial}: is being written by another process",
            expected="one writer at a time",
            hint="wait for it, or name another folder",
        ) from error
    return lock


def _clear(partial: Path) -> None:
    """Deletes what a killed writer left."""
    for left in partial.iterdir():
        if left.name != _LOCK:
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _check_free(folder: Path) -> None:
    if not folder.parent.is_dir():
        raise OutputError(
            f"{folder.parent}: no such folder", expected="a folder to write into", hint="make it"
        )
    if folder.name.endswith(PARTIAL):
        raise OutputError(
            f"{folder}: is called like an unfinished folder",
            expected=f"a name that does not end in {PARTIAL}",
            hint="name another",
        )
    if os.path.lexists(folder) and not folder.is_dir():
        raise OutputError(f"{folder}: is a file", expected="a new folder", hint="name another")
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError(
            f"{folder}: exists and is not empty", expected="a new folder", hint="name another"
        )


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{folder}: cannot be written ({error.strerror or error})",
        expected="a folder with room that can be written to",
        hint="name another",
    )
