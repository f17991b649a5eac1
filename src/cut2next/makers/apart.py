"""A maker in a process of its own: one that crashes, hangs or eats the memory ends alone."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from signal import SIGKILL
from time import monotonic
from types import TracebackType
from typing import Any, Self

from cut2next.film import Cut2NextError
from cut2next.film.errors import one_line
from cut2next.film.installation import explained, hush
from cut2next.film.workers import start_worker
from cut2next.makers.maker import Brief, Made, MakerError
from cut2next.makers.named import MakerChoice

LOADING = 3600.0
"""Seconds that weights may take to load, or to come from the hub."""
_FAREWELL = 2.0
"""Seconds that a process may take to end."""


class MakerApart:
    """A context manager; the process begins with the first brief, and again after it was ended."""

    def __init__(self, choice: MakerChoice, *, patience: float) -> None:
        """`patience` is how many seconds one next shot may take."""
        self.choice, self.patience = choice, patience
        self._process: BaseProcess | None = None
        self._pipe: Connection[Any, Any]
        self._together = 1
        self.seconds = 0.0
        """What each of the latest next shots took."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def make(self, briefs: Sequence[Brief]) -> Iterator[Made | MakerError]:
        """One for each brief, or why there is none.

        As many go together as the maker takes; where some fail together, each is tried alone.
        Raises what loading the maker raises, since then there will be none at all.
        """
        left = list(briefs)
        while left:
            group = left[: self._begun()]
            del left[: len(group)]
            try:
                yield from self._made(group)
            except MakerError as error:
                if len(group) == 1:
                    yield error
                for brief in group if len(group) > 1 else ():
                    yield self._alone(brief)

    def _alone(self, brief: Brief) -> Made | MakerError:
        try:
            self._begun()
            (made,) = self._made([brief])
        except MakerError as error:
            return error
        return made

    def _made(self, briefs: Sequence[Brief]) -> list[Made]:
        """What the process makes of some briefs, all of them. Raises MakerError."""
        names = ", ".join(brief.name for brief in briefs)
        begun = monotonic()
        made = self._answer(names, self.patience * len(briefs), asked=briefs)
        self.seconds = (monotonic() - begun) / len(briefs)
        if isinstance(made, Cut2NextError):
            got = made.got if made.got.startswith(names) else f"{names}: {made.got}"
            raise MakerError(got, expected=made.expected, hint=made.hint)
        if not isinstance(made, list) or len(made) != len(briefs):
            raise MakerError(
                f"{names}: {len(made) if isinstance(made, list) else 'no'} pictures",
                expected=f"{len(briefs)}",
                hint="mend the maker",
            )
        return made

    def load(self) -> None:
        """Begins its process, unless it runs. Raises what loading the maker does."""
        self._begun()

    def _begun(self) -> int:
        """How many briefs the maker takes together, once it is loaded."""
        if self._process is None:
            context = get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(self.choice, theirs), daemon=True)
            self._process.start()
            theirs.close()
            loaded = self._answer(self.choice.name, LOADING)
            if isinstance(loaded, Cut2NextError):
                self._end()
                raise loaded
            assert isinstance(loaded, int)
            self._together = loaded
        return self._together

    def _answer(self, what: str, patience: float, asked: Sequence[Brief] | None = None) -> object:
        """What comes next from the process. Raises MakerError when it is dead, or says nothing."""
        try:
            if asked is not None:
                self._pipe.send(asked)
            if self._pipe.poll(patience):
                answer: object = self._pipe.recv()
                return answer
            fault = f"nothing after {patience:g} s"
        except (EOFError, OSError):
            fault = f"the maker ended with exit code {self._exit_code()}"
        except Exception as error:  # noqa: BLE001  # a stranger's picture may be of a class of its own
            fault = f"what comes back cannot be read ({type(error).__name__}: {one_line(error)})"
        self._end()
        raise MakerError(f"{what}: {fault}", expected="a picture", hint="try the maker alone")

    def _exit_code(self) -> int | None:
        assert self._process is not None
        self._process.join(5)
        return self._process.exitcode

    def _end(self) -> None:
        if self._process is not None:
            self._pipe.close()
            self._process.join(_FAREWELL)  # it ends by itself, unless it hangs
            self._process.kill()
            assert self._process.pid is not None
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, SIGKILL)  # what it began, as a command's program
            self._process.join()
        self._process = None


def _serve(choice: MakerChoice, pipe: "Connection[Any, Any]") -> None:
    """The process: loads, then makes what it is sent, until the pipe closes."""
    start_worker()
    os.setsid()  # a group of its own, which is ended with it
    os.dup2(2, 1)  # what a maker prints is not our answer
    hush()
    with suppress(EOFError, OSError):  # whoever asked has gone
        try:
            maker = choice.load()
        except Exception as error:  # noqa: BLE001  # what is loaded may be a stranger's
            known = error if isinstance(error, Cut2NextError) else explained(error)
            pipe.send(known or _strange(error))
            return
        pipe.send(getattr(maker, "together", 1))
        while True:
            briefs = pipe.recv()
            try:
                pipe.send(list(maker.make(briefs)))
            except Cut2NextError as error:
                pipe.send(error)
            except Exception as error:  # noqa: BLE001  # a stranger's maker may raise anything
                pipe.send(_strange(error))


def _strange(error: Exception) -> MakerError:
    fault = f"{type(error).__name__}: {one_line(error)}"
    return MakerError(fault, expected="a picture", hint="mend the maker")
