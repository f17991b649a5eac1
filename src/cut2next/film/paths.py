"""The one door to a stranger's files: which names and kinds are opened at all, how, and how much.

Regular files and folders only. A pipe, a device or a socket could be waited for without end, and a
folder that somebody hands on may hold one under the name of a picture. What goes wrong is told in
the words of whoever asks (`Refuse`); it knows nothing of what the files hold.
"""

import json
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from io import BufferedReader
from pathlib import Path
from typing import Any

from cut2next.film.errors import Cut2NextError, InputError, one_line

TEXT = 64 * 2**20
"""Bytes: the most that is read as a whole of JSON, CSV and the like."""
PICTURE = 2**30
"""And of a picture, whose pixels are bounded elsewhere."""
LINE = 2**20
"""Bytes: the longest line of a file of lines."""
_LONGEST_NAME, _LONGEST_PATH = 255, 4095
"""Bytes that Linux takes."""
_NO_FILE = "is a pipe, a device or a socket"

Refuse = Callable[[Path, str], Cut2NextError]
"""Makes an error of a path and of what is wrong with it."""


def refused(path: Path, got: str) -> Cut2NextError:
    """An InputError, for what has no words of its own."""
    return InputError(f"{path}: {got}", expected="a file that can be read", hint="name another")


def text_fault(text: str) -> str | None:
    """Why words cannot be the name of anything; None where they can."""
    try:
        coded = text.encode()
    except UnicodeEncodeError:  # what a shell hands over need not be text
        return "is no UTF-8"
    if any(unicodedata.category(sign) == "Cc" for sign in text):
        return "has control characters"
    return f"is over {_LONGEST_PATH} bytes long" if len(coded) > _LONGEST_PATH else None


def name_fault(name: str) -> str | None:
    """Why no file that is opened here can have a name, or a path; None where one can."""
    if (fault := text_fault(name)) is not None:
        return fault
    longest = max(len(part.encode()) for part in name.split("/"))
    return f"has a name over {_LONGEST_NAME} bytes long" if longest > _LONGEST_NAME else None


def path_fault(path: Path) -> str | None:
    """Why neither a file nor a folder can be at a path, there already or to be made; else None."""
    if (fault := name_fault(str(path))) is not None:
        return fault
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None  # whoever opens it, or makes it, tells
    except OSError as error:  # a link to itself
        return f"cannot be used ({error.strerror})"
    return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else _NO_FILE


def checked(path: Path, refuse: Refuse = refused, *, most: int | None = None) -> Path:
    """The path of a regular file, for a library that opens it by its name.

    Raises what `refuse` makes where there is none, or it has more than `most` bytes.
    """
    size = looked_at(path, refuse).st_size
    if most is not None and size > most:
        raise refuse(path, f"is too large (over {most:,} bytes)")
    return path


def looked_at(path: Path, refuse: Refuse = refused) -> os.stat_result:
    """Size and times of a regular file. Raises what `refuse` makes where there is none."""
    if (fault := name_fault(str(path))) is not None:
        raise refuse(path, fault)
    try:
        found = path.stat()
    except OSError as error:  # not there, or a link to itself
        raise _unreadable(path, error, refuse) from error
    _check_regular(path, found, refuse)
    return found


def opened(path: Path, refuse: Refuse = refused) -> BufferedReader:
    """A regular file, open to read. Raises what `refuse` makes where that cannot be."""
    try:
        # Not to wait, should somebody put a pipe there after it was looked at.
        file = open(checked(path, refuse), "rb", opener=_without_waiting)  # noqa: SIM115
    except OSError as error:
        raise _unreadable(path, error, refuse) from error
    try:
        _check_regular(path, os.fstat(file.fileno()), refuse)
    except BaseException:
        file.close()
        raise
    return file


def read_bytes(path: Path, refuse: Refuse = refused, *, most: int = TEXT) -> bytes:
    """All that a file holds. Raises what `refuse` makes for one of more than `most` bytes."""
    with opened(path, refuse) as file:
        try:
            data = file.read(most + 1) if os.fstat(file.fileno()).st_size <= most else None
        except OSError as error:
            raise _unreadable(path, error, refuse) from error
    if data is None or len(data) > most:
        raise refuse(path, f"is too large (over {most:,} bytes)")
    return data


def read_json(path: Path, refuse: Refuse = refused, *, most: int = TEXT) -> Any:
    """What a file of JSON says. Raises what `refuse` makes for one that is none, or too deep."""
    try:
        return json.loads(read_bytes(path, refuse, most=most))
    except (ValueError, RecursionError) as error:
        raise refuse(path, f"is no JSON ({one_line(error, 80)})") from error


def read_lines(
    path: Path, refuse: Refuse = refused, *, longest: int = LINE
) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, one at a time, each after its number from 1.

    Nothing but a newline ends a line. Raises what `refuse` makes for one that is too long.
    """
    with opened(path, refuse) as file:
        try:
            for number, line in enumerate(iter(lambda: file.readline(longest + 1), b""), 1):
                if len(line) > longest:
                    raise refuse(path, f"line {number} is too long (over {longest:,} bytes)")
                yield number, line
        except OSError as error:
            raise _unreadable(path, error, refuse) from error


def listed(folder: Path, pattern: str = "*", refuse: Refuse = refused) -> list[Path]:
    """What lies in a folder under such a name, in order. Raises what `refuse` makes for no folder.

    Unlike `Path.glob`, which takes one that must not be read for an empty one.
    """
    if (fault := name_fault(str(folder))) is not None:
        raise refuse(folder, fault)
    try:
        paths = sorted(folder.iterdir())
    except NotADirectoryError as error:
        raise refuse(folder, "is no folder") from error
    except OSError as error:
        raise _unreadable(folder, error, refuse) from error
    return [path for path in paths if fnmatchcase(path.name, pattern)]


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _check_regular(path: Path, found: os.stat_result, refuse: Refuse) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise refuse(path, "is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise refuse(path, _NO_FILE)


def _unreadable(path: Path, error: OSError, refuse: Refuse) -> Cut2NextError:
    if isinstance(error, FileNotFoundError):
        return refuse(path, "does not exist")
    return refuse(path, f"cannot be read ({error.strerror or one_line(error)})")
