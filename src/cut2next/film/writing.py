"""Files and folders written whole or not at all: a kill at any moment leaves the old or the new.

What is being written lies in a scratch folder on the same disk. When all of it is there, and safe
from a power cut, it is renamed to its place, while the old waits in the scratch. Whoever writes
holds a lock there; one whose lock is free was left by a kill, or when that renaming failed, and the
next writer to the same place ends or clears what it finds. A folder of such a name that is not of
this making is left alone.
"""

import errno
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

from cut2next.film import locking
from cut2next.film.errors import OutputError, one_line
from cut2next.film.locking import LOCK, open_locked
from cut2next.film.scratch import (
    NEW,
    OLD,
    PARTIAL,
    WHOLE,
    clear,
    clear_inside,
    empty,
    locked,
    scratch_beside,
)

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


def make_file(path: Path) -> None:
    """Makes an empty file, with the rights of any new one, unless it is there.

    For libraries that would give it others. Raises OutputError when that fails.
    """
    with output_errors(path):
        if not path.exists():
            path.touch()


@contextmanager
def made_folder(path: Path) -> Iterator[None]:
    """Makes a folder as `make_folder` does; of what it made, the empty goes when all fails."""
    missing = [folder for folder in (path, *path.parents) if not os.path.lexists(folder)]
    try:
        make_folder(path)
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def one_writer_in(folder: Path) -> Iterator[None]:
    """A folder, made if need be, for one process at a time; what kills have left in it is cleared.

    Raises OutputError when it cannot be written, or another process has it.
    """
    with made_folder(folder):
        with output_errors(folder):
            lock = open_locked(folder / LOCK, folder)
        with lock:
            try:
                clear_inside(folder)
                yield
            finally:
                with suppress(OSError):
                    (folder / LOCK).unlink()


@contextmanager
def whole_file(path: Path, fault: type[Exception] = OSError) -> Iterator[Path]:
    """Where to write a file of the same name, which takes the place of `path` when all went well.

    Raises OutputError when it cannot be written; `fault` is what else than an OSError says so.
    """
    with output_errors(path, fault):
        place = _behind_link(path)
        with _scratch_of_file(place) as scratch:
            file = scratch / NEW / path.name
            file.parent.mkdir()
            yield file
            _settle(file, _rights(scratch))
            file.replace(place)
            _sync(place.parent)


@contextmanager
def passing_folder(folder: Path) -> Iterator[Path]:
    """An empty folder inside another, for as long as it is needed.

    What a kill leaves of it `one_writer_in` that folder clears. Raises OutputError when it cannot
    be made.
    """
    with ExitStack() as held:
        scratch = folder / f".{token_hex(4)}{PARTIAL}"
        with output_errors(folder):
            held.enter_context(locked(scratch))
            (fresh := scratch / NEW).mkdir()
        yield fresh


def put_file(file: Path, place: Path) -> None:
    """Moves a file that is written whole to its place on the same disk, once it is safe there.

    Raises OutputError when that fails.
    """
    with output_errors(place):
        _sync(file)
        file.replace(place)
        _sync(place.parent)


def check_file(path: Path) -> None:
    """Raises OutputError unless a file can be written there; worth knowing before hours of work."""
    with output_errors(path), _scratch_of_file(_behind_link(path)):
        pass


@contextmanager
def new_folder(path: Path, fault: type[Exception] = OSError) -> Iterator[Path]:
    """An empty folder to fill; when all went well it is `path`, which was empty or not there.

    Raises OutputError, before anything is done, when something is there, it cannot be written, or
    another process is writing it now.
    """
    path = Path(os.path.realpath(path))  # a link stays one, to the new folder
    with output_errors(path):
        _check_new(path)
    put = partial(Path.rename, target=path)
    with _whole(path, scratch_beside(path), put, fault, ending=False) as fresh:
        yield fresh


@contextmanager
def replaced_folder(path: Path, fault: type[Exception] = OSError) -> Iterator[Path]:
    """An empty folder to fill; when all went well it takes the place of `path`.

    For the moment between two renames the old one is `standing` elsewhere. Folders above are made.
    Raises OutputError when it cannot be written, or another process is writing it now.
    """
    path = Path(os.path.realpath(path))
    with output_errors(path):
        _check_no_file(path)
    scratch = scratch_beside(path)
    put = partial(_exchange, place=path, aside=scratch / OLD)
    with made_folder(path.parent), _whole(path, scratch, put, fault) as fresh:
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
    put = partial(_fill, place=path, aside=path / PARTIAL / OLD)
    filling = _whole(path, path / PARTIAL, put, fault)
    with filling if there else new_folder(path, fault) as fresh:
        yield fresh


def end_filling(path: Path) -> None:
    """Puts to its place what a kill of `filled_folder` has left whole, and clears the rest.

    Raises OutputError as `filled_folder` does.
    """
    if (path / PARTIAL / LOCK).exists():
        with filled_folder(path):
            pass


def standing(path: Path) -> Path:
    """Where a folder is to be read from, also when a kill came between two renames.

    It was being replaced, or was one of those that `filled_folder` puts into the folder above.
    """
    inside = path.parent / PARTIAL
    for whole, old in (
        (inside / WHOLE / path.name, inside / OLD / path.name),
        (scratch_beside(path) / WHOLE, scratch_beside(path) / OLD),
    ):
        if whole.exists() and old.exists() and not path.exists():
            return old
    return path


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
    fresh, whole = scratch / NEW, scratch / WHOLE
    with output_errors(path, fault), locked(scratch):
        if ending and whole.exists():
            put(whole)
        empty(scratch)
        fresh.mkdir()
        yield fresh
        _settle(fresh, _rights(scratch))
        if ending:
            fresh = fresh.rename(whole)
            _sync(scratch)
        put(fresh)
        _sync(path.parent)


def _fill(whole: Path, *, place: Path, aside: Path) -> None:
    aside.mkdir(exist_ok=True)
    for path in sorted(whole.iterdir(), key=lambda path: (path.is_file(), path)):  # data, then card
        _exchange(path, place=place / path.name, aside=aside / path.name)
    _sync(place)
    whole.rmdir()


def _exchange(fresh: Path, *, place: Path, aside: Path) -> None:
    """Puts what is written in the place of an older one, which stays when that fails."""
    try:
        if place.is_dir():
            if aside.exists():  # of what was there before this
                shutil.rmtree(aside)
            place.rename(aside)
        fresh.replace(place)
    finally:
        with suppress(OSError):
            if not os.path.lexists(place):
                aside.rename(place)


def _behind_link(path: Path) -> Path:
    return Path(os.path.realpath(path)) if path.is_symlink() else path


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
        clear(left)
    with ExitStack() as held:
        while True:
            scratch = path.with_name(f"{name}-{token_hex(4)}{PARTIAL}")
            with suppress(OutputError):  # somebody who clears was faster than the lock
                held.enter_context(locked(scratch))
                break
        yield scratch


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """For who reads a file and then writes it anew: others that do wait until it is done.

    Raises OutputError where there is no folder for it.
    """
    with output_errors(path), locking.in_turn(_behind_link(path).parent):
        yield


def _rights(scratch: Path) -> int:
    """Those of any new file here; what goes through a temporary file, as safetensors, has fewer."""
    return stat.S_IMODE((scratch / LOCK).stat().st_mode)


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


def _check_new(path: Path) -> None:
    fault, expected = "", "a new folder"
    if path.name.endswith(PARTIAL):
        fault, expected = "is called like an unfinished folder", "a name without that end"
    elif not path.parent.is_dir():
        raise OutputError(
            f"{path.parent}: no such folder", expected="a folder to write into", hint="make it"
        )
    elif os.path.lexists(path) and not path.is_dir():
        fault = "is a file"
    elif path.is_dir() and any(path.iterdir()):
        clear(scratch_beside(path))  # of a kill that came when it had its place
        fault = "exists and is not empty"
    if fault:
        raise OutputError(f"{path}: {fault}", expected=expected, hint="name another")


def _check_no_file(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise _refused(path, "is a file")


def _refused(path: Path, got: str) -> OutputError:
    return OutputError(
        f"{path}: {got}",
        expected="a folder with room that can be written to",
        hint="name another",
    )
