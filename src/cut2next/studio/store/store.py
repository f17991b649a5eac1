"""A board's folder, open: the board as it is, its log, its jobs and its pictures."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cut2next.studio.board import Board, Candidate
from cut2next.studio.operations import Operation
from cut2next.studio.pictures import PictureFolder
from cut2next.studio.store.job import Job, State

MOST_JOBS = 1_000
"""That may wait at once."""


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One row of the log: an operation that was applied to the board."""

    number: int
    """The board's version with it."""
    kind: Literal["do", "undo", "redo", "aside"]
    operation: Operation


class Store:
    """Safe to use from several threads; one at a time in all processes."""

    board: Board
    version: int
    """The number of the last operation that was done; 0 for a new board."""
    pictures: PictureFolder
    can_undo: bool
    can_redo: bool

    @classmethod
    def open(cls, folder: Path, new: Callable[[], Board] = Board) -> "Store":
        """Opens a board's folder, and makes it, with a new board, where there is none.

        Raises OutputError when it cannot be written or another process has it open, InputError
        when what is there is no board, damaged, or of a newer version; then nothing is changed.
        """
        raise NotImplementedError

    @classmethod
    def in_memory(cls, board: Board | None = None) -> "Store":
        """One that is gone when it is closed, for tests."""
        raise NotImplementedError

    def close(self) -> None:
        """Afterwards all is in the folder, and that can be copied file by file."""

    def do(self, operation: Operation, *, version: int | None = None) -> int:
        """Applies an operation and keeps it; the version with it, once that is on the disk.

        Raises InputError where it does not fit, StaleError when the board was changed after
        `version` (by more than candidates that came), OutputError when it cannot be written.
        """
        raise NotImplementedError

    def undo(self) -> int:
        """Takes the last change back. Raises NothingError, OutputError."""
        raise NotImplementedError

    def redo(self) -> int:
        """Does again what was taken back last. Raises NothingError, OutputError."""
        raise NotImplementedError

    def since(self, version: int) -> list[Logged]:
        """What was applied after a version, in order."""
        raise NotImplementedError

    def add(self, jobs: Sequence[Job], key: str | None = None) -> list[Job]:
        """Queues jobs, all or none; what is queued. With a key that was there: the jobs of then.

        Raises TooManyError, OutputError.
        """
        raise NotImplementedError

    def claim(self, device: int) -> Job | None:
        """The job to run next, which is running now: of the most urgent the oldest."""
        raise NotImplementedError

    def step(self, id: str, step: int, steps: int) -> Job:
        """How far a running job is; nothing changes for another. Raises MissingError."""
        raise NotImplementedError

    def finish(self, id: str, candidate: Candidate | None) -> Job:
        """Ends a running job, with what came of it on the board: both or neither, and once.

        Raises EndedError for one that is not running (any more), MissingError, OutputError.
        """
        raise NotImplementedError

    def fail(self, id: str, sentence: str) -> Job:
        """Ends a job that cannot be done. Raises EndedError, MissingError, OutputError."""
        raise NotImplementedError

    def retry(self, id: str) -> Job:
        """Back to the queue, for its maker has ended; failed after TRIES of that.

        Raises EndedError, MissingError, OutputError.
        """
        raise NotImplementedError

    def cancel(self, id: str) -> Job:
        """Ends a job that nobody wants any more. Raises EndedError, MissingError, OutputError."""
        raise NotImplementedError

    def waiting(self) -> int:
        """How many jobs wait."""
        raise NotImplementedError

    def job(self, id: str) -> Job:
        """Raises MissingError."""
        raise NotImplementedError

    def jobs(self, states: Collection[State] = tuple(State)) -> list[Job]:
        """Those in such states, in the order they were asked for."""
        raise NotImplementedError
