"""Vectors on disk, by what was read and by what read it: an SQLite file with its log beside it.

Many processes may use one file at once. A kill at any moment loses what was not yet kept, and no
more. Vectors come back to the last bit.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from threading import RLock

import numpy as np

from cut2next.cutbench.features.network import NetworkFacts, Vectors
from cut2next.film import InputError, OutputError
from cut2next.film.errors import one_line
from cut2next.film.writing import make_file, make_folder

_MARK = 0x63326E66
"""By which SQLite knows a file as one of these."""
_PATIENCE = 120.0
"""Seconds to wait while other processes write."""
_SCHEMA = (
    "CREATE TABLE networks (network BLOB PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE vectors (network BLOB, content BLOB, vector BLOB NOT NULL,"
    " PRIMARY KEY (network, content)) WITHOUT ROWID",
    f"PRAGMA application_id = {_MARK}",
)
_TYPE = np.dtype("<f4")
_ASKED_FOR = 500
"""Contents in one question; SQLite takes a limited number of parameters."""


class FeatureStore:
    """Vectors by network and content."""

    def __init__(self, path: Path | None) -> None:
        """Opens a file, or makes it; without one all is kept in memory.

        Raises InputError for a file that is something else, OutputError when it cannot be written.
        """
        self.path = path
        self._lock = RLock()
        if path is not None:
            make_folder(path.parent)
            make_file(path)
        with self._faults():
            self._file = sqlite3.connect(
                path or ":memory:",
                timeout=_PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
            self._prepare()

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()

    def networks(self) -> list[NetworkFacts]:
        """All whose vectors it holds."""
        with self._faults():
            rows = self._file.execute("SELECT facts FROM networks ORDER BY facts").fetchall()
        return [NetworkFacts(**json.loads(facts)) for (facts,) in rows]

    def known(self, network: NetworkFacts, contents: Collection[bytes]) -> dict[bytes, Vectors]:
        """Those of some contents that it has, each a vector [D]."""
        wanted, found = list(contents), dict[bytes, Vectors]()
        with self._faults():
            for start in range(0, len(wanted), _ASKED_FOR):
                some = wanted[start : start + _ASKED_FOR]
                marks = ",".join("?" * len(some))
                rows = self._file.execute(
                    "SELECT content, vector FROM vectors"
                    f" WHERE network = ? AND content IN ({marks})",
                    (network.digest, *some),
                )
                found |= {content: np.frombuffer(vector, _TYPE) for content, vector in rows}
        return found

    def keep(self, network: NetworkFacts, vectors: Mapping[bytes, Vectors]) -> None:
        """Keeps some, all or none of them; what is there already stays."""
        facts = json.dumps(asdict(network), sort_keys=True)
        rows = [
            (network.digest, content, np.ascontiguousarray(vector, _TYPE).tobytes())
            for content, vector in vectors.items()
        ]
        with self._faults(), self._writing():
            self._file.execute(
                "INSERT OR IGNORE INTO networks VALUES (?, ?)", (network.digest, facts)
            )
            self._file.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)

    def _prepare(self) -> None:
        if self._tables() and self._mark() != _MARK:  # before it is changed in any way
            raise self._foreign("holds other things")
        with suppress(sqlite3.OperationalError):
            # Only for speed: rows are appended to a log, and no commit waits for the disk. A cut of
            # power loses the last of them and no more. Not while others open a new file.
            self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        if self._mark() == _MARK:
            return
        with self._writing():
            if self._mark() == _MARK:  # another process was first
                return
            if self._tables():
                raise self._foreign("holds other things")
            for statement in _SCHEMA:
                self._file.execute(statement)

    def _mark(self) -> int:
        mark: int = self._file.execute("PRAGMA application_id").fetchone()[0]
        return mark

    def _tables(self) -> int:
        count: int = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return count

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All of what is written within, or none."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """One thread at a time; what SQLite says, as one line."""
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"{self.path}: cannot be used ({one_line(error)})",
                expected="a file in a folder with room that can be written to",
                hint="name another",
            ) from error
        except UnicodeDecodeError as error:  # SQLite quotes the damage in what it says
            raise self._foreign("damaged") from error
        except sqlite3.DatabaseError as error:
            raise self._foreign(one_line(error)) from error

    def _foreign(self, why: str) -> InputError:
        return InputError(
            f"{self.path}: {why}",
            expected="a file of features that cut2next has written",
            hint="name another, or take it away: what it held is read again",
        )
