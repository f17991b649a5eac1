"""Every answer that was ever received, in one append-only file: nothing is paid for twice.

One line of JSON for each answer, written and synced before anything is done with it. A kill can
tear the last line only; it is closed off and skipped when the file is next opened. In memory there
are only the places in the file, by key.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cut2next.film import InputError, OutputError
from cut2next.film.locking import open_locked

HEADER = b'{"cut2next": "answers", "format": 1}\n'


class Received(BaseModel):
    """One answer as it came."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    model: str
    instructions: int
    """Version of the instruction."""
    schema_name: str
    time: str
    """UTC, ISO 8601."""
    attempt: int
    """1 for the first answer to this question."""
    raw: str
    tokens_in: int
    tokens_out: int
    refusal: str | None = None
    fault: str | None = None
    """What was missing by the reader of then; None where all was there. For people: what counts is
    how `raw` is read now."""
    cut_off: bool = False
    """Whether there was no room for more words."""


@dataclass
class Tokens:
    """Taken so far."""

    into: int = 0
    out: int = 0


class AnswerCache(AbstractContextManager["AnswerCache"]):
    """The file of answers, open for one process; a context manager.

    Raises InputError for another kind of file, OutputError where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[bytes, tuple[int, ...]] = {}
        self._tokens: dict[str, Tokens] = defaultdict(Tokens)
        with self._disk_faults():
            self._open = open_locked(path, path, forgiven=())
        self._file = self._open.fileno()
        try:
            with self._disk_faults():
                self._mend()
                self._index()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the file and its lock go; without an answer there is none then."""
        if not self._open.closed:
            with suppress(OSError):
                told = os.pread(self._file, len(HEADER) + 1, 0)
                if told == HEADER and not self.path.is_symlink():
                    self.path.unlink()
            self._open.close()

    def answers(self, key: str) -> list[Received]:
        """All answers under a key, oldest first."""
        if not (places := self._places.get(bytes.fromhex(key), ())):
            return []
        with self._disk_faults(), self.path.open("rb") as file:
            return [_read_at(file, place) for place in places]

    def add(self, received: Received) -> None:
        """Keeps an answer; when this returns it is on the disk."""
        line = received.model_dump_json().encode() + b"\n"
        with self._disk_faults():
            place = os.fstat(self._file).st_size
            try:
                _write_all(self._file, line)
            except OSError:
                os.ftruncate(self._file, place)  # half a line would spoil the one after it
                raise
            os.fsync(self._file)
        self._note(received, place)

    def tokens(self, model: str) -> Tokens:
        """What all answers of a model have taken."""
        return self._tokens[model]

    def _mend(self) -> None:
        """Writes the header of a new file; closes off a line that a kill has torn."""
        size = os.fstat(self._file).st_size
        start = os.pread(self._file, len(HEADER), 0)
        if start == HEADER:
            if os.pread(self._file, 1, size - 1) != b"\n":
                _write_all(self._file, b"\n")
        elif size < len(HEADER) and HEADER.startswith(start):
            os.ftruncate(self._file, 0)
            _write_all(self._file, HEADER)
            os.fsync(self._file)
        else:
            raise InputError(
                f"{self.path}: is no file of answers",
                expected="a new file, or one that annotation has written",
                hint="name another",
            )

    def _index(self) -> None:
        with self.path.open("rb") as file:
            place = len(file.readline())
            for line in file:
                # What a kill has torn was never told to anybody, so it is skipped.
                try:
                    received = Received.model_validate_json(line)
                except ValidationError:
                    pass
                else:
                    self._note(received, place)
                place += len(line)

    def _note(self, received: Received, place: int) -> None:
        key = bytes.fromhex(received.key)
        self._places[key] = (*self._places.get(key, ()), place)
        self._tokens[received.model].into += received.tokens_in
        self._tokens[received.model].out += received.tokens_out

    @contextmanager
    def _disk_faults(self) -> Iterator[None]:
        """What the disk refuses, as one line."""
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be used ({error.strerror})",
                expected="a file in a folder with room that can be written to",
                hint="name another",
            ) from error


def _read_at(file: BinaryIO, place: int) -> Received:
    file.seek(place)
    return Received.model_validate_json(file.readline())


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
