"""Folders and files that results go into: whole, or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from cut2next.film.errors import OutputError


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, unless it is there.

    Raises OutputError when that fails, or nothing can be written to it.
    """
    if path.exists() and not path.is_dir():
        raise _refused(path, "is a file")
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
    renames, the old one under that of `kept_aside`. Raises OutputError when it cannot be written.
    """
    fresh, old = path.with_name(path.name + ".part"), kept_aside(path)
    if path.exists() and not path.is_dir():
        raise _refused(path, "is a file")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        yield fresh
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
            path.rename(old)
        fresh.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise _refused(path, f"cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def kept_aside(path: Path) -> Path:
    """Where a folder waits while it is being replaced."""
    return path.with_name(path.name + ".old")


@contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to first; gone afterwards, unless it has been renamed.

    Raises OutputError when none can be made or written there.
    """
    partial = None
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder", expected="a file name", hint="add a name")
        if not path.parent.is_dir():
            raise OutputError(
                f"{path.parent}: no such folder", expected="a folder to write to", hint="make it"
            )
        # Opened by us and not as a temporary file is, so that it gets the rights of any other.
        partial = path.with_name(f".cut2next-{token_hex(8)}.part")
        partial.open("xb").close()
        yield partial
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror})",
            expected="a folder with room that can be written to",
            hint="name another",
        ) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _refused(path: Path, got: str) -> OutputError:
    return OutputError(
        f"{path}: {got}",
        expected="a folder that can be made and written to",
        hint="choose another place",
    )
