"""Files and folders written whole or not at all: a kill at any moment leaves the old or the new.

What is being written lies in a scratch folder on the same disk. When all of it is there, and safe
from a power cut, it is renamed to its place. Whoever writes holds a lock in the scratch; one whose
lock is free was left by a kill, or when that renaming failed, and the next writer to the same place
ends or clears what it finds.
"""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import IO

from cut2next.film.errors import OutputError, one_line

PARTIAL = ".cut2next-partial"
"""What the name of a scratch folder ends with."""
_LOCK, _NEW, _WHOLE = "lock", "new", "whole"
_AT_ONCE = 16
"""Files that are waited for together; a disk takes many in the time of one."""


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, unless it is there.

    Raises OutputError when that fails, or nothing can be written to it.
    """
    with output_errors(path):
        _check_no_file(path)
        path.mkdir(parents=True, exist_ok=True)
    if not os.access(path, os.W_OK | os.X_OK):
        raise _refused(path, "is read-only")


@contextmanager
def whole_file(path: Path, fault: type[Exception] = OSError) -> Iterator[Path]:
    """Where to write a file of the same name, which takes the place of `path` when all went well.

    Raises OutputError when it cannot be written; `fault` is what else than an OSError says so.
    """
    with output_errors(path, fault):
        place = _behind_link(path)
        with _scratch_of_file(place) as scratch:
            file = scratch / _NEW / path.name
            file.parent.mkdir()
            yield file
            _settle(file, _rights(scratch))
            file.replace(place)
            _sync(place.parent)


def check_file(path: Path) -> None:
    """Raises OutputError unless a file can be written there; worth knowing before hours of work."""
    with output_errors(path), _scratch_of_file(_behind_link(path)):
        pass


@contextmanager
def new_folder(path: Path, fault: type[Exception] = OSError) -> Iterator[Path]:
    """An empty folder to fill; when all went well it is `path`, which was empty or not there.

    Raises OutputError when it cannot be written, or another process is writing it now.
    """
    put = partial(Path.rename, target=path)
    with _whole(path, _scratch_beside(path), put, fault, ending=False) as fresh:
        yield fresh


@contextmanager
def replaced_folder(path: Path, fault: type[Exception] = OSError) -> Iterator[Path]:
    """An empty folder to fill; when all went well it takes the place of `path`.

    For the moment between two renames the old one is `kept_aside`. Folders above are made. Raises
    OutputError when it cannot be written, or another process is writing it now.
    """
    path = Path(os.path.realpath(path))  # a link stays one, to the new folder
    with output_errors(path):
        _check_no_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
    put = partial(_exchange, place=path)
    with _whole(path, _scratch_beside(path), put, fault) as fresh:
        yield fresh


@contextmanager
def filled_folder(path: Path, fault: type[Exception] = OSError) -> Iterator[Path]:
    """An empty folder; when all went well what is in it moves to `path`, where the rest stays.

    Files and folders of the same names are replaced. Raises OutputError, before anything else is
    done, when `path` cannot be written, or another process is writing it now.
    """
    with output_errors(path):
        _check_no_file(path)
        if not path.parent.is_dir():
            raise _refused(path.parent, "no such folder")
        there = path.is_dir()
    # Inside, for it may be a disk of its own.
    filling = _whole(path, path / PARTIAL, partial(_fill, place=path), fault)
    with filling if there else new_folder(path, fault) as fresh:
        yield fresh


def kept_aside(path: Path) -> Path:
    """Where a folder waits while it is being replaced."""
    return path.with_name(f".{path.name}.old")


def standing(path: Path) -> Path:
    """Where a folder is to be read from, also when a kill came between two renames."""
    aside = kept_aside(path)
    return aside if aside.exists() and not path.exists() else path


@contextmanager
def _whole(
    path: Path,
    scratch: Path,
    put: Callable[[Path], object],
    fault: type[Exception],
    *,
    ending: bool = True,
) -> Iterator[Path]:
    """An empty folder in a scratch; at the end it is `put` to its place.

    With `ending`, what an earlier writer had written whole, but not put, is put there first.
    """
    fresh, whole = scratch / _NEW, scratch / _WHOLE
    with output_errors(path, fault), _locked(scratch):
        if ending and whole.exists():
            put(whole)
        _empty(scratch)
        fresh.mkdir()
        yield fresh
        _settle(fresh, _rights(scratch))
        if ending:
            fresh = fresh.rename(whole)
            _sync(scratch)
        put(fresh)
        _sync(path.parent)


def _fill(whole: Path, *, place: Path) -> None:
    for path in sorted(whole.iterdir(), key=lambda path: (path.is_file(), path)):  # data, then card
        _exchange(path, place=place / path.name)
    _sync(place)
    whole.rmdir()


def _exchange(fresh: Path, *, place: Path) -> None:
    """Puts what is written in the place of an older one, which stays when that fails."""
    aside = kept_aside(place)
    try:
        if place.is_dir():
            shutil.rmtree(aside, ignore_errors=True)
            place.rename(aside)
        fresh.replace(place)
    finally:
        with suppress(OSError):
            if not place.exists():
                aside.rename(place)
            shutil.rmtree(aside, ignore_errors=True)


def _behind_link(path: Path) -> Path:
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _scratch_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}{PARTIAL}")


@contextmanager
def _scratch_of_file(path: Path) -> Iterator[Path]:
    """A scratch for one file: of its own, since several processes may write the same file."""
    if path.is_dir():
        raise OutputError(f"{path}: is a folder", expected="a file name", hint="add a name")
    if not path.parent.is_dir():
        raise OutputError(
            f"{path.parent}: no such folder", expected="a folder to write to", hint="make it"
        )
    # Not the name itself, which may be as long as names may be.
    name = f".{sha256(os.fsencode(path.name)).hexdigest()[:12]}"
    for left in path.parent.glob(f"{name}-*{PARTIAL}"):
        with suppress(OSError, OutputError), _locked(left, surely=True):
            pass  # its writer was killed, so it goes
    with ExitStack() as held:
        while True:
            scratch = path.with_name(f"{name}-{token_hex(4)}{PARTIAL}")
            with suppress(OutputError):  # somebody who clears was faster than the lock
                held.enter_context(_locked(scratch))
                break
        yield scratch


@contextmanager
def _locked(scratch: Path, *, surely: bool = False) -> Iterator[None]:
    """A scratch that nobody else writes to or clears; gone afterwards, unless something is whole.

    Raises OutputError while another process has it; with `surely`, OSError on a file system without
    locks, where nobody can say.
    """
    with _lock(scratch, () if surely else (OSError,)):
        try:
            yield
        finally:
            if not (scratch / _WHOLE).exists():  # else the next writer puts it to its place
                with suppress(OSError):
                    _empty(scratch)
                    (scratch / _LOCK).unlink()  # the last, so that whoever comes next is alone
                    scratch.rmdir()


def _lock(scratch: Path, forgiven: tuple[type[Exception], ...]) -> IO[bytes]:
    """Makes a scratch, opens its lock and takes it."""
    while True:
        scratch.mkdir(exist_ok=True)
        # Whoever had it may delete it between any two of these; then it is made again.
        with suppress(FileNotFoundError), ExitStack() as opened:
            lock = opened.enter_context((scratch / _LOCK).open("ab"))
            with suppress(*forgiven):
                take_lock(lock.fileno(), scratch)
            if os.path.samestat(os.fstat(lock.fileno()), (scratch / _LOCK).stat()):
                opened.pop_all()
                return lock


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


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """For who reads a file and then writes it anew: others that do wait until it is done.

    Raises OutputError where there is no folder for it.
    """
    with output_errors(path), ExitStack() as opened:
        folder = os.open(_behind_link(path).parent, os.O_RDONLY)
        opened.callback(os.close, folder)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield


def _empty(scratch: Path) -> None:
    """Deletes all but the lock."""
    for left in scratch.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != _LOCK:
            left.unlink()


def _rights(scratch: Path) -> int:
    """Those of any new file here; what goes through a temporary file, as safetensors, has fewer."""
    return stat.S_IMODE((scratch / _LOCK).stat().st_mode)


def _settle(top: Path, rights: int) -> None:
    """Waits until a file, or all of a folder, is on the disk."""
    paths = [top, *top.rglob("*")]
    for path in paths:
        if path.is_file():
            path.chmod(rights)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(_sync, paths))


def _sync(path: Path) -> None:
    try:
        file = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder that may be written to but not read
        return
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot wait for folders
            raise
    finally:
        os.close(file)


@contextmanager
def output_errors(path: Path, fault: type[Exception] = OSError) -> Iterator[None]:
    """What the disk refuses, in one line."""
    try:
        yield
    except (OSError, fault) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused(path, f"cannot be written ({one_line(reason)})") from error


def _check_no_file(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise _refused(path, "is a file")


def _refused(path: Path, got: str) -> OutputError:
    return OutputError(
        f"{path}: {got}",
        expected="a folder with room that can be written to",
        hint="name another",
    )
