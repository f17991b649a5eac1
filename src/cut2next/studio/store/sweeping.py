"""Pictures that nothing names are removed when a board is closed: refused imports, say.

A file goes where all of this holds; then nobody can miss it, and who is in doubt keeps it:

- its name is the hash of what is in it: it is a picture that was taken in here
- it came, or came again, over a day ago: a client that has just sent it may name it yet
- it is named neither by the board, nor by anything ever done or its inverse (so none that undo or
  redo brings back), nor by a job, other than a program's, which has no panel, once that has ended

The board's lock is held and requests are over, so nothing is named meanwhile. Each file goes by
itself: a kill leaves the rest to the next closing.
"""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path

from cut2next.film import Cut2NextError
from cut2next.film.paths import opened
from cut2next.studio.pictures import PictureFolder
from cut2next.studio.store.database import Database

DAY = 86_400.0
"""Seconds that a picture may lie unnamed."""
_HASH = re.compile(r"[0-9a-f]{64}")
_NAMING = (
    "SELECT number, board FROM snapshots WHERE number > ? ORDER BY number LIMIT 500",
    "SELECT number, operation || inverse FROM log WHERE number > ? ORDER BY number LIMIT 500",
    "SELECT number, asked FROM jobs WHERE number > ? AND (panel IS NOT NULL "
    "OR state IN ('waiting', 'running')) ORDER BY number LIMIT 500",
)
"""Rows whose JSON may name pictures, some at a time: a log may be long."""


def sweep(pictures: PictureFolder, database: Database) -> None:
    """Removes what nothing names; what cannot be read or removed stays."""
    with suppress(Cut2NextError, OSError):
        old = {path.name: path for path in pictures.folder.iterdir() if _is_old(path)}
        for name in _named(database) if old else ():
            old.pop(name, None)
        for path in old.values():
            if _is_ours(path):
                path.unlink()


def _is_old(path: Path) -> bool:
    if not _HASH.fullmatch(path.name) or path.is_symlink() or not path.is_file():
        return False
    return time.time() - path.stat().st_mtime > DAY


def _named(database: Database) -> Iterator[str]:
    for statement in _NAMING:
        last = -1
        while rows := database.ask(statement, (last,)):
            for last, text in rows:  # noqa: B007, read by the next question
                yield from _HASH.findall(text)


def _is_ours(path: Path) -> bool:
    with opened(path) as file:
        return file_digest(file, "sha256").hexdigest() == path.name
