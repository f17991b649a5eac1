"""Who may write: one process at a time. The system lets a lock go when its process ends, however.

So one that is free belongs to nobody, or to one that was killed.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from cut2next.film.errors import OutputError

LOCK = ".cut2next-lock"
"""What a file is called that is there for its lock alone; nobody else's is."""


def take_lock(file: int, path: Path) -> None:
    """Locks an open file until it is closed.

    Raises OutputError, naming `path`, while another process has the lock; OSError on a file system
    without locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"{path}: is being written by another process",
            expected="one writer at a time",
            hint="wait for it, or name another place",
        ) from error


def open_locked(
    file: Path, path: Path, forgiven: tuple[type[Exception], ...] = (OSError,)
) -> IO[bytes]:
    """A file, made unless it is there, open to read and append, and locked until it is closed.

    Whoever had the lock may have deleted it; then it is made again. Raises OutputError as
    `take_lock` does; what is `forgiven` of it counts as a lock.
    """
    while True:
        with ExitStack() as opened:
            lock = opened.enter_context(file.open("a+b", buffering=0))
            with suppress(*forgiven):
                take_lock(lock.fileno(), path)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock.fileno()), file.stat()):
                    opened.pop_all()
                    return lock


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """For who reads a file in a folder and writes it anew: others that do wait until it is done.

    Raises OSError where there is no such folder.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
