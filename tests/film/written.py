"""Ways to write a result whole, used by tests: what they write, and what is there."""

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from cut2next.film.scratch import PARTIAL
from cut2next.film.writing import filled_folder, new_folder, replaced_folder, whole_file

Writer = Callable[[Path], AbstractContextManager[Path]]
FOLDERS = [new_folder, replaced_folder, filled_folder]
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill(writer: Writer, path: Path, text: str) -> None:
    with writer(path) as place:
        if writer is whole_file:
            place.write_text(text)
        else:
            (place / "inner").mkdir()
            (place / "inner" / "file").write_text(text)
            (place / "page").write_text(text)


def texts(path: Path) -> set[str]:
    """What all files of a folder, or a file, say; without those of an unfinished one."""
    if path.is_file():
        return {path.read_text()}
    there = (file for file in path.rglob("*") if PARTIAL not in str(file.relative_to(path)))
    return {file.read_text() for file in there if file.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
