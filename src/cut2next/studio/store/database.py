"""SQLite as a board's file: opened when it is ours and whole, written in transactions.

What is committed survives a kill at any moment; so this is not written through `film/writing.py`. A
file that is not ours, damaged, or of a newer cut2next is looked at through a connection that cannot
write, and so stays as it is.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cut2next.film import InputError, OutputError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked
from cut2next.film.writing import make_file

_APPLICATION = 0x43324E42
"""By which SQLite's own tools, and we, know such a file: "C2NB"."""
_FORMAT = 1
_BUSY_SECONDS = 5
"""That one waits for somebody who looks at the file with a tool of SQLite's."""
_TABLES = """
CREATE TABLE log (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
    kind TEXT NOT NULL CHECK (kind IN ('do', 'undo', 'redo', 'aside')),
    of INTEGER REFERENCES log,
    operation TEXT NOT NULL,
    inverse TEXT NOT NULL
) STRICT;
CREATE TABLE snapshots (
    number INTEGER PRIMARY KEY,
    board TEXT NOT NULL
) STRICT;
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    key TEXT,
    id TEXT NOT NULL UNIQUE,
    panel TEXT,
    asked TEXT NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    step INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    error TEXT NOT NULL,
    candidate TEXT,
    device INTEGER,
    made TEXT NOT NULL,
    begun TEXT,
    ended TEXT
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, priority, number);
CREATE INDEX jobs_by_key ON jobs (key);
"""
_STATEMENTS = _TABLES.strip().rstrip(";").split(";\n")


class Database:
    """One connection, for all threads of this process in turn."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """For `open_database` and `database_in_memory`."""
        self.path = path
        self.lock = threading.RLock()
        """Held while something is written; hold it to read what belongs together."""
        self._connection = connection

    def ask(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Rows. Outside of `transaction` each statement is one of its own. Raises OutputError."""
        with self.lock, _faults(self.path):
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[None]:
        """What is written in it is on the disk at the end, or none of it. Raises OutputError.

        One within another is part of that. One that is not `lasting` is safe from a kill, but a
        power cut may take it away.
        """
        with self.lock:
            if self._in_transaction():
                yield
                return
            self.ask(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self.ask("BEGIN IMMEDIATE")
            try:
                yield
                self.ask("COMMIT")
            finally:
                if self._in_transaction():
                    self.ask("ROLLBACK")

    def _in_transaction(self) -> bool:
        """Whether a transaction is open."""
        with _faults(self.path):
            return self._connection.in_transaction

    def close(self) -> None:
        """Afterwards all is in the one file."""
        with self.lock, _faults(self.path):
            self._connection.close()


def open_database(path: Path) -> Database:
    """Opens a board's file, and makes it where there is none, or an empty one.

    Raises InputError when it is of something else, damaged or of a newer format, and OutputError
    when it cannot be written.
    """
    if os.path.lexists(path) and checked(path).stat().st_size:
        with _faults(path), _connected(path, "ro") as connection:
            _check_ours(path, connection)
            connection.close()
    make_file(path)
    with _faults(path), _connected(path, "rw") as connection:
        # Before anything: with it a commit is one write, and whoever reads is never in the way.
        connection.execute("PRAGMA journal_mode = WAL")
        _furnish(connection)
        return Database(path, connection)


def database_in_memory() -> Database:
    """An empty one that is gone when it is closed."""
    path = Path(":memory:")
    with _connected(path, "memory") as connection:
        _furnish(connection)
        return Database(path, connection)


@contextmanager
def _connected(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A connection, which stays open when all went well."""
    with ExitStack() as opened:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        opened.callback(connection.close)
        connection.execute("PRAGMA trusted_schema = OFF")
        yield connection
        opened.pop_all()


def _furnish(connection: sqlite3.Connection) -> None:
    """Makes the tables, unless they are there; all at once, should a kill come."""
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT * FROM sqlite_schema").fetchall():
        for statement in _STATEMENTS:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_FORMAT}")
    connection.execute("COMMIT")


def _check_ours(path: Path, connection: sqlite3.Connection) -> None:
    """That tables are ours, to the letter, and hold what they may: SQLite checks that itself."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == _APPLICATION and version > _FORMAT:
        raise InputError(
            f"{path}: made by a newer cut2next (format {version})",
            expected=f"format {_FORMAT}",
            hint="install the newer one",
        )
    rows = connection.execute("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY rowid")
    tables = [sql for (sql,) in rows]
    is_empty = not tables and application == 0  # a kill came before there were any
    if not is_empty and (application != _APPLICATION or tables != _STATEMENTS):
        raise no_board(path, "a database of something else")
    ((fault, *_), *_) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if fault != "ok":
        raise no_board(path, one_line(fault))


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """What SQLite refuses, in one line."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite quotes the damage in what it says
        raise no_board(path, "damaged") from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise no_board(path, one_line(error)) from error
        raise OutputError(
            f"{path}: {one_line(error)}",
            expected="a file that can be written, and room on its disk",
            hint="nothing was changed; try again then",
        ) from error


def no_board(path: Path, fault: str) -> InputError:
    """What is said of a file that is none, or is damaged."""
    return InputError(
        f"{path}: {fault}", expected="a board's database", hint="name another folder, or a copy"
    )
