"""Folders that results go into."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cut2next.film.errors import OutputError


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, unless it is there.

    Raises OutputError when that fails, or nothing can be written to it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, str(error.strerror)) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise _refused(path, "is read-only")


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """An empty folder to fill; when all went well it takes the place of `path`.

    A kill leaves the old or the new folder whole, under its own name or, for the moment between two
    renames, the old one under that of `kept_aside`.
    """
    fresh, old = path.with_name(path.name + ".part"), kept_aside(path)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    yield fresh
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
        path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def kept_aside(path: Path) -> Path:
    """Where a folder waits while it is being replaced."""
    return path.with_name(path.name + ".old")


def _refused(path: Path, got: str) -> OutputError:
    return OutputError(
        f"{path}: {got}",
        expected="a folder that can be made and written to",
        hint="choose another place",
    )
