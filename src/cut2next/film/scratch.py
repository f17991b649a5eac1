"""A scratch: the folder beside a result, or inside it, where it is written under a lock.

One whose lock is free was left by a kill. What is whole in it stays for the next writer to the same
place; all else is cleared. A folder of such a name that is not of this making is left alone.
"""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from cut2next.film.errors import OutputError
from cut2next.film.locking import LOCK, open_locked

PARTIAL = ".cut2next-partial"
"""What the name of a scratch ends with."""
NEW, WHOLE, OLD = "new", "whole", "old"
"""What is being written, what is to be put to its place, and what has made place for it."""


def scratch_beside(path: Path) -> Path:
    """That of a folder."""
    return path.with_name(f".{path.name}{PARTIAL}")


@contextmanager
def locked(scratch: Path, *, surely: bool = False) -> Iterator[None]:
    """A scratch that nobody else writes to or clears; gone afterwards, unless something is whole.

    Raises OutputError while another process has it, or it is none of ours; with `surely`, OSError
    on a file system without locks, where nobody can say.
    """
    with _lock(scratch, () if surely else (OSError,)):
        try:
            yield
        finally:
            if not (scratch / WHOLE).exists():  # else the next writer puts it to its place
                with suppress(OSError):
                    empty(scratch)
                    (scratch / LOCK).unlink()  # the last, so that whoever comes next is alone
                    scratch.rmdir()


def _lock(scratch: Path, forgiven: tuple[type[Exception], ...]) -> IO[bytes]:
    """Makes a scratch, opens its lock and takes it."""
    while True:
        with suppress(FileExistsError):
            scratch.mkdir()
        # Whoever had it may delete it between any two of these; then it is made again.
        with suppress(FileNotFoundError):
            _check_ours(scratch)
            try:
                return open_locked(scratch / LOCK, scratch, forgiven)
            except OSError:
                with suppress(OSError):
                    scratch.rmdir()
                raise


def _check_ours(scratch: Path) -> None:
    """The lock is made first and deleted last, so what holds anything else without it is foreign.

    Raises OutputError for that.
    """
    is_folder = stat.S_ISDIR(scratch.lstat().st_mode)
    held = [path for path in scratch.iterdir() if path.name != LOCK] if is_folder else []
    locked = (scratch / LOCK).exists()
    if (
        not is_folder
        or {path.name for path in held} - {NEW, WHOLE, OLD}
        or (not locked and any(path.exists() for path in held))
    ):
        raise OutputError(
            f"{scratch}: holds something of yours",
            expected="nothing under that name, which is for what is being written",
            hint="rename it, or name another output",
        )


def clear(scratch: Path) -> None:
    """What is left of a writer that was killed goes, unless another may use it or it is whole."""
    if scratch.exists():
        with suppress(OSError, OutputError), locked(scratch, surely=True):
            pass


def clear_inside(folder: Path) -> None:
    """Clears what kills have left in a folder, and in those below, of writing to places there."""
    for left in folder.rglob(f".*{PARTIAL}"):
        clear(left)


def empty(scratch: Path) -> None:
    """Deletes all but the lock."""
    for left in scratch.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != LOCK:
            left.unlink()
