"""A board's folder, open: the board as it is, its log, its jobs and its pictures."""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from cut2next.film import InputError
from cut2next.film.paths import listed
from cut2next.film.writing import one_writer_in
from cut2next.studio.board import Board, Candidate
from cut2next.studio.operations import AddCandidate, Operation
from cut2next.studio.pictures import PictureFolder
from cut2next.studio.store.database import Database, database_in_memory, open_database
from cut2next.studio.store.job import Job, State
from cut2next.studio.store.jobs import Queue
from cut2next.studio.store.log import Head, Log, Logged
from cut2next.studio.store.sweeping import sweep

_DATABASE = "board.sqlite"


class Store:
    """Safe to use from several threads. A folder is open once, in all processes."""

    def __init__(self, folder: Path, database: Database, new: Callable[[], Board]) -> None:
        """For `open` and `in_memory`."""
        self.folder = folder
        self._database = database
        self._log = Log(database, new)
        self._queue = Queue(database)
        self._queue.release(tried=True)
        self.pictures = PictureFolder(folder / "pictures")
        self._held = ExitStack()
        self._is_closed = False

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether a folder has a board, as far as its name tells."""
        return (folder / _DATABASE).exists()

    @classmethod
    def open(cls, folder: Path, new: Callable[[], Board] = Board) -> "Store":
        """Opens a board's folder, and makes it, with a new board, where there is none.

        Jobs that ran when a server was killed wait again, or have failed after TRIES of that.
        Raises OutputError when it cannot be written or another process has it open, InputError
        when what is there is no board, damaged, or of a newer version; then nothing is changed.
        """
        _check_folder(folder)
        with ExitStack() as opening:
            opening.enter_context(one_writer_in(folder))
            database = open_database(folder / _DATABASE)
            opening.callback(database.close)
            store = cls(folder, database, new)
            store._held = opening.pop_all()
        return store

    @classmethod
    def in_memory(cls, board: Board | None = None) -> "Store":
        """One that is gone when it is closed, for tests."""
        with ExitStack() as opening:
            folder = Path(opening.enter_context(TemporaryDirectory()))
            database = database_in_memory()
            opening.callback(database.close)
            store = cls(folder, database, lambda: board or Board())
            store._held = opening.pop_all()
        return store

    def close(self) -> None:
        """Afterwards all is in the folder, which can be copied; what ran waits, untried.

        Pictures that nothing names are removed, as `sweeping.py` says.

        Raises OutputError when that could not be written; then it is done at the next opening.
        """
        if not self._is_closed:
            self._is_closed = True
            with self._held:
                with self._database.transaction():
                    self._queue.release(tried=False)
                    self._log.snap()
                sweep(self.pictures, self._database)

    @property
    def head(self) -> Head:
        """The board with its version and what can be undone, all of the same moment."""
        return self._log.head

    @property
    def board(self) -> Board:
        """As it is."""
        return self.head.board

    @property
    def version(self) -> int:
        """The number of the last operation that was done; 0 for a new board."""
        return self.head.version

    @property
    def can_undo(self) -> bool:
        """Whether something can be taken back."""
        return self.head.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back, and nothing done since."""
        return self.head.can_redo

    def do(self, operation: Operation, *, version: int | None = None) -> int:
        """Applies an operation and keeps it; the version with it, once that is on the disk.

        Raises InputError where it does not fit, StaleError when the board was changed after
        `version` (by more than candidates that came), OutputError when it cannot be written.
        """

        def write() -> Head:
            if version is not None:
                self.head.check_fresh(version)
            return self._log.append(operation)

        return self._written(write)

    def undo(self) -> int:
        """Takes the last change back; the version then. Raises NothingError, OutputError."""
        return self._written(lambda: self._log.take_back("undo"))

    def redo(self) -> int:
        """Does again what was taken back last. Raises NothingError, OutputError."""
        return self._written(lambda: self._log.take_back("redo"))

    def since(self, version: int) -> list[Logged]:
        """What was applied after a version, in order."""
        return self._log.since(version)

    def letters_since(self, version: int) -> int:
        """How long that is, as JSON."""
        return self._log.letters_since(version)

    def add(self, jobs: Sequence[Job], key: str | None = None) -> list[Job]:
        """Queues jobs, all or none; what is queued. With a key that was there: the jobs of then.

        Raises TooManyError, OutputError, and InputError for a job that is there.
        """
        return self._queue.add(jobs, key)

    def claim(self, device: int) -> Job | None:
        """The job to run next, which is running now: of the most urgent the oldest."""
        return self._queue.claim(device)

    def step(self, id: str, step: int, steps: int) -> Job:
        """How far a running job is; nothing changes for another. Raises MissingError."""
        return self._queue.step(id, step, steps)

    def finish(self, id: str, candidate: Candidate | None) -> Job:
        """Ends a running job, with what came of it on the board: both or neither, and once.

        Raises EndedError for one that is not running (any more), MissingError, OutputError.
        """
        ended: list[Job] = []

        def write() -> Head:
            ended.append(self._queue.finish(id, candidate.id if candidate else None))
            if candidate is None:
                return self.head
            return self._log.append(AddCandidate(candidate=candidate))

        self._written(write)
        return ended[0]

    def fail(self, id: str, sentence: str) -> Job:
        """Ends a job that cannot be done. Raises EndedError, MissingError, OutputError."""
        return self._queue.fail(id, sentence)

    def retry(self, id: str) -> Job:
        """Back to the queue, for its maker has ended; failed after TRIES of that.

        Raises EndedError, MissingError, OutputError.
        """
        return self._queue.retry(id)

    def cancel(self, id: str) -> Job:
        """Ends a job that nobody wants any more; one that has failed is then told of no more.

        Raises EndedError, MissingError, OutputError.
        """
        return self._queue.cancel(id)

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state, of all that were ever asked for."""
        return self._queue.counts()

    def job(self, id: str) -> Job:
        """Raises MissingError."""
        return self._queue.job(id)

    def jobs(self, states: Collection[State] = tuple(State)) -> list[Job]:
        """Those in such states, as they were asked for; none that ended over LISTED jobs ago."""
        return self._queue.jobs(states)

    def _written(self, write: Callable[[], Head]) -> int:
        """One transaction; what it makes of the board is seen once it is on the disk."""
        with self._database.lock:
            with self._database.transaction():
                head = write()
            self._log.head = head
            return head.version


def _check_folder(folder: Path) -> None:
    """Raises InputError for a folder of other things, in which no board is begun."""
    if not folder.is_dir() or Store.is_in(folder):
        return
    for path in listed(folder):
        if not path.name.startswith(".") and not path.name.startswith(f"{_DATABASE}-"):
            raise InputError(
                f"{folder}: has {path.name}, and no board",
                expected="a board's folder, or a new one",
                hint="name another, for example ./board",
            )
