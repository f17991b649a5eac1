"""The files that lie beside one that comes in: what it names is looked for among them alone.

A timeline names its media by paths of another machine. Only the end of such a path counts, and it
is compared with what is there: no path from inside a file is ever opened.
"""

import lzma
import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from io import BufferedReader, FileIO
from itertools import takewhile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Protocol
from urllib.parse import unquote

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked, name_fault, read_bytes
from cut2next.studio.pictures import MOST_BYTES

_MOST_FILES = 20_000
_MOST_UNPACKED = 8 * 2**30
"""Bytes of all that is in a zip."""
_MOST_RATIO = 200
"""How much larger a zip may unpack; what is in it is compressed already, all but the timeline."""
_FREE = 64 * 2**20
"""Bytes for which that is not asked."""
_PIECE = 2**20
_MOST_LISTED = 8 * 2**20
"""Bytes of a zip's list of files, which Python reads whole: room for that many with long names."""
_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, LookupError),
)
"""What Python's reader raises on damaged and encrypted zips, and on methods that it lacks."""


class Sources(Protocol):
    """Files beside a timeline, by any path or URL that ends in their name."""

    def bytes_of(self, name: str) -> bytes | None:
        """What a picture's file holds; None where there is no such file."""

    def file_of(self, name: str) -> Path | None:
        """A regular file, for a library that opens it; None where there is none."""


class FolderSources:
    """The files of a folder and of those below it; links are not followed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def bytes_of(self, name: str) -> bytes | None:
        """What a picture's file holds. Raises InputError for one that is too large."""
        path = self.file_of(name)
        return None if path is None else read_bytes(path, most=MOST_BYTES)

    def file_of(self, name: str) -> Path | None:
        """The file whose path from the folder ends most like a name: None where none is named so.

        Raises InputError where it can no longer be read.
        """
        wanted = _parts(name)
        if not wanted or not (found := self._files.get(wanted[-1])):
            return None
        best = max(found, key=lambda parts: (_in_common(parts, wanted), -len(parts)))
        return checked(self.folder / found[best])

    @cached_property
    def _files(self) -> Mapping[str, dict[tuple[str, ...], Path]]:
        """Of every last name, the paths that end in it, by their parts as they are compared."""
        files: dict[str, dict[tuple[str, ...], Path]] = {}
        for number, path in enumerate(regular_files(self.folder)):
            if number >= _MOST_FILES:
                break
            parts = tuple(map(_folded, path.parts))
            files.setdefault(parts[-1], {})[parts] = path
        return files


class _InPieces(BufferedReader):
    """A file of which nobody may ask for much at once: a zip's list could be the whole of it."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_LISTED:
            raise zipfile.BadZipFile(f"a list of files of {size:,} bytes")
        return super().read(size)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with all that a zip holds, as long as it is needed.

    Raises InputError for what is no zip, is damaged or encrypted, or holds links, names that lead
    out of it, too many files or too much.
    """
    with TemporaryDirectory(prefix="cut2next-") as folder:
        try:
            with _InPieces(FileIO(checked(path))) as file, zipfile.ZipFile(file) as packed:
                entries = [entry for entry in packed.infolist() if not entry.is_dir()]
                _check_entries(path, entries)
                for entry in entries:
                    with packed.open(entry) as inside:
                        _unpack(path, entry, inside, Path(folder))
        except (*_FAULTS, OSError) as error:
            raise _refused(path, f"cannot be unpacked ({one_line(error, 80)})") from error
        yield Path(folder)


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > _MOST_FILES:
        raise _refused(path, f"holds over {_MOST_FILES:,} files")
    whole = sum(entry.file_size for entry in entries)
    most = max(_FREE, _MOST_RATIO * path.stat().st_size)
    if whole > min(most, _MOST_UNPACKED):
        raise _refused(path, f"unpacks to {whole:,} bytes")
    for entry in entries:
        parts = entry.filename.split("/")
        if name_fault(entry.filename) or {"", ".", ".."} & set(parts) or "\\" in entry.filename:
            raise _refused(path, f"holds the name {one_line(repr(entry.filename), 80)}")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _refused(path, f"holds a link, {one_line(repr(entry.filename), 80)}")


def _unpack(path: Path, entry: zipfile.ZipInfo, file: IO[bytes], folder: Path) -> None:
    place = folder / PurePosixPath(entry.filename)
    place.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with place.open("wb") as unpacked:
        while piece := file.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise _refused(path, "holds more than it says")
            unpacked.write(piece)


def regular_files(folder: Path) -> Iterator[Path]:
    """The paths of regular files, from the folder on, those of a folder before those below it."""
    for top, below, names in os.walk(folder):
        below.sort()
        for name in sorted(names):
            path = Path(top) / name
            if stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(folder)


def _parts(name: str) -> tuple[str, ...]:
    """Of a path, of any system, or a URL: the parts that can be compared."""
    told = unquote(name).replace("\\", "/")
    return tuple(_folded(part) for part in told.split("/") if part not in ("", ".", ".."))


def _folded(part: str) -> str:
    """Systems differ in accents and in whether capitals count."""
    return unicodedata.normalize("NFC", part).casefold()


def _in_common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many parts the ends of two paths share."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _refused(path: Path, got: str) -> InputError:
    return InputError(
        f"{path.name}: {got}", expected="a zip of a board's files", hint="zip it again"
    )
