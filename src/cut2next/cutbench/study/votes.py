"""Votes in a file of SQLite, each safe on the disk before the rater is told so.

The file holds the whole study: what is asked, who is asked, every answer. An answer is known by
rater, question, round and item, and there is room for one: whatever is sent twice, late or by
somebody else's program changes nothing. What SQLite commits survives a kill at any moment; so this
is the one file that is not written through `film/writing.py`.
"""

import hmac
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import compare_digest, token_bytes, token_urlsafe
from typing import Any
from unicodedata import normalize

from pydantic import ValidationError

from cut2next.cutbench.study.design import Question, StudyFacts
from cut2next.cutbench.study.order import Key, Side
from cut2next.film import Cut2NextError, InputError, OutputError
from cut2next.film.errors import one_line
from cut2next.film.png_prompt import printable
from cut2next.film.writing import make_file

LONGEST_NAME = 40
_APPLICATION = 0x43324E53
"""By which SQLite's own tools, and we, know such a file: "C2NS"."""
_BUSY_SECONDS = 30
_TABLES = """
CREATE TABLE study (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    facts TEXT NOT NULL,
    secret BLOB NOT NULL
) STRICT;
CREATE TABLE raters (
    rater INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    known_as TEXT NOT NULL UNIQUE,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
) STRICT;
CREATE TABLE votes (
    rater INTEGER NOT NULL REFERENCES raters,
    question TEXT NOT NULL CHECK (question IN ('continuity', 'adherence')),
    round INTEGER NOT NULL,
    item INTEGER NOT NULL,
    chose TEXT NOT NULL CHECK (chose IN ('first', 'second')),
    side TEXT NOT NULL CHECK (side IN ('left', 'right')),
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
    PRIMARY KEY (rater, question, round, item)
) STRICT, WITHOUT ROWID;
"""
_STATEMENTS = _TABLES.strip().rstrip(";").split(";\n")


class NameTakenError(Cut2NextError):
    """Somebody else has begun under that name."""


@dataclass(frozen=True, kw_only=True)
class Rater:
    """Somebody who chooses."""

    number: int
    token: str
    """In the rater's link and cookie: who has it, votes as the rater."""
    name: str


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One answer."""

    rater: int
    question: Question
    round: int
    item: int
    chose_first: bool
    """Of the item's two pictures, wherever it lay."""
    side: Side
    """Where the chosen one lay."""

    @property
    def key(self) -> Key:
        """As `Turn.key`."""
        return self.question, self.round, self.item


class Votes:
    """A study and its votes, open. Safe to use from several threads, and several processes."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        """For `open_votes` and `read_votes`."""
        self.path = path
        self._database = database
        self._lock = threading.Lock()
        rows = self._ask("SELECT facts, secret FROM study")
        facts: str = rows[0][0] if rows else ""
        self.secret: bytes = rows[0][1] if rows else b""
        try:
            self.study = StudyFacts.model_validate_json(facts)
        except ValidationError as error:
            raise _no_study(path, one_line(error.errors()[0]["msg"])) from error
        last = len(self.study.items) - 1
        if self._ask("SELECT item FROM votes WHERE item NOT BETWEEN 0 AND ? LIMIT 1", (last,)):
            raise _no_study(path, "votes on what was not asked")

    @property
    def key(self) -> str:
        """For the link of this study, the same whenever it is served."""
        return hmac.digest(self.secret, b"key", "sha256")[:16].hex()

    def close(self) -> None:
        """Afterwards all is in the one file."""
        self._database.close()

    def join(self, name: str) -> Rater:
        """A new rater.

        Raises InputError for what is no name, NameTakenError when somebody has it.
        """
        plain = _plain(name)
        if not plain or len(plain) > LONGEST_NAME:
            raise InputError(
                "no name" if not plain else "a long name",
                expected=f"1 to {LONGEST_NAME} letters",
                hint="a first name will do",
            )
        try:
            self._ask(
                "INSERT INTO raters (token, name, known_as) VALUES (?, ?, ?)",
                (token_urlsafe(16), plain, plain.casefold()),
            )
        except sqlite3.IntegrityError as error:
            raise NameTakenError(
                f"{plain} has begun already",
                expected="another name",
                hint="or the link of your own, to go on",
            ) from error
        return self.named(plain)

    def invited(self, name: str) -> Rater:
        """The rater of that name, or a new one. Raises InputError for what is no name."""
        try:
            return self.join(name)
        except NameTakenError:
            return self.named(name)

    def named(self, name: str) -> Rater:
        """The rater of that name, who must be there."""
        known = _plain(name).casefold()
        return next(rater for rater in self.raters() if rater.name.casefold() == known)

    def rater(self, token: str) -> Rater | None:
        """Who has that token."""
        raters = ((rater, rater.token.encode()) for rater in self.raters())
        given = token.encode()
        return next((rater for rater, known in raters if compare_digest(known, given)), None)

    def raters(self) -> list[Rater]:
        """All who ever began."""
        rows = self._ask("SELECT rater, token, name FROM raters ORDER BY rater")
        return [Rater(number=number, token=token, name=name) for number, token, name in rows]

    def give(self, vote: Vote) -> bool:
        """Keeps an answer, unless there is one; whether the one that is kept says the same."""
        key = (vote.rater, str(vote.question), vote.round, vote.item)
        chose = "first" if vote.chose_first else "second"
        self._ask(
            "INSERT INTO votes (rater, question, round, item, chose, side)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (*key, chose, str(vote.side)),
        )
        kept = self._ask(
            "SELECT chose FROM votes WHERE (rater, question, round, item) = (?, ?, ?, ?)", key
        )
        return bool(kept == [(chose,)])

    def given(self, rater: Rater | None = None) -> list[Vote]:
        """All answers, of one rater or of all."""
        rows = self._ask(
            "SELECT rater, question, round, item, chose, side FROM votes"
            " WHERE rater = ?1 OR ?1 IS NULL ORDER BY rater, question, round, item",
            (rater.number if rater else None,),
        )
        return [
            Vote(
                rater=number,
                question=Question(question),
                round=turn,
                item=item,
                chose_first=chose == "first",
                side=Side(side),
            )
            for number, question, turn, item, chose, side in rows
        ]

    def _ask(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Each statement is a transaction of its own, done when this returns."""
        with self._lock, _faults(self.path):
            return self._database.execute(statement, values).fetchall()


def _plain(name: str) -> str:
    return " ".join(printable(normalize("NFC", name)).split())


def open_votes(path: Path, study: StudyFacts) -> Votes:
    """Opens the file of a study to be answered, and makes it where there is none.

    Raises InputError when it is of another study, OutputError when it cannot be written.
    """
    if not path.parent.is_dir():
        raise OutputError(f"{path.parent}: no such folder", expected="a folder", hint="make it")
    make_file(path)
    with _connected(path) as database:
        database.execute("BEGIN IMMEDIATE")  # nobody else makes it meanwhile
        if not database.execute("SELECT * FROM sqlite_schema").fetchall():
            for statement in _STATEMENTS:
                database.execute(statement)
            facts = study.model_dump_json()
            database.execute("INSERT INTO study VALUES (1, ?, ?)", (facts, token_bytes(32)))
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute("COMMIT")
        _check_ours(path, database)
        # WAL lets results be read while votes come in. It is emptied into the file at every vote,
        # so that who copies the file alone, after a kill, has them all.
        for setting in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 1"):
            database.execute(f"PRAGMA {setting}")
        votes = Votes(path, database)
        if votes.study != study:
            raise InputError(
                f"{path}: votes of another study ({votes.study.benchmark}: "
                f"{', '.join(votes.study.makers)}, seed {votes.study.seed})",
                expected="the same cases, entries and numbers as when it began",
                hint="name another file with --votes",
            )
    return votes


def read_votes(path: Path) -> Votes:
    """Opens the votes of a study to be counted. Raises InputError when there are none."""
    if not path.is_file():
        raise InputError(f"{path}: no such file", expected="votes of a study", hint="check it")
    with _connected(path) as database:
        _check_ours(path, database)
        return Votes(path, database)


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """The file's database, which stays open when all went well."""
    with _faults(path), ExitStack() as opened:
        database = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        opened.callback(database.close)  # else files of SQLite's own would stay beside it
        yield database
        opened.pop_all()


def _check_ours(path: Path, database: sqlite3.Connection) -> None:
    """That tables are ours, to the letter, and hold what they may: SQLite checks that itself."""
    database.execute("PRAGMA trusted_schema = OFF")
    (application,) = database.execute("PRAGMA application_id").fetchone()
    tables = database.execute("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY rowid")
    if application != _APPLICATION or [sql for (sql,) in tables] != _STATEMENTS:
        raise _no_study(path, "a database of something else")
    ((fault, *_), *_) = database.execute("PRAGMA integrity_check(1)").fetchall()
    if fault != "ok":
        raise _no_study(path, one_line(fault))


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """What SQLite refuses, in one line; what a constraint refuses is for whoever asked."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except UnicodeDecodeError as error:  # SQLite quotes the damage in what it says
        raise _no_study(path, "damaged") from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise _no_study(path, one_line(error)) from error
        raise OutputError(
            f"{path}: {one_line(error)}", expected="a file that can be written", hint="check it"
        ) from error


def _no_study(path: Path, fault: str) -> InputError:
    return InputError(
        f"{path}: {fault}", expected="votes of a study", hint="name another file with --votes"
    )
