"""The engine of this machine: a process for each device, begun with its first job."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from signal import SIGKILL
from threading import Event
from time import monotonic
from typing import Any

from cut2next.film import Cut2NextError
from cut2next.film.errors import one_line
from cut2next.makers.maker import MakerError
from cut2next.makers.named import MakerChoice
from cut2next.studio.jobs.engine import MakerEnded, StepTold
from cut2next.studio.jobs.worker import STOP, Finished, Stepped, Task, serve
from cut2next.studio.store.job import Job

LOADING = 3600.0
"""Seconds that weights may take to load, or to come from the hub."""
_GRACE, _MOST_GRACE = 2.0, 30.0
"""Seconds that a maker may take to stop, at least and at most; then its process is ended."""
_GLANCE = 0.05


class LocalEngine:
    """Runs jobs in processes, so that a maker that crashes or hangs ends alone."""

    def __init__(
        self, makers: Mapping[str, MakerChoice], *, devices: int = 1, patience: float = 600.0
    ) -> None:
        """`makers` by their names; `patience` is seconds that one may be silent."""
        self.devices = devices
        self._makers = makers
        cards = range(devices) if devices > 1 else [None]
        self._workers = [_Worker(card, patience) for card in cards]
        # Of its own, since a loop's others are few, and everything else is done in them.
        self._threads = ThreadPoolExecutor(devices, "maker")
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def run(self, job: Job, pictures: Sequence[bytes], step: StepTold) -> bytes:
        """See `Engine`; what is more than there are devices waits."""
        asked = job.asked
        task = Task(choice=_chosen(self._makers, asked.maker), asked=asked, pictures=pictures)
        worker = await self._free.get()
        stop, loop = Event(), asyncio.get_running_loop()

        def told(done: int, of: int) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(step, done, of)

        making = loop.run_in_executor(self._threads, worker.make, task, told, stop)

        def over(made: "asyncio.Future[bytes]") -> None:
            made.exception()  # of one that was stopped nobody asks
            self._free.put_nowait(worker)

        # Whoever waits here may be cancelled once more while the maker stops.
        making.add_done_callback(over)
        try:
            return await asyncio.shield(making)
        finally:
            stop.set()

    async def close(self) -> None:
        """Ends its processes, once those are free whose jobs were cancelled: that is soon."""
        for worker in self._workers:
            worker.hurry()
        free = [await self._free.get() for _ in self._workers]
        await asyncio.gather(*(asyncio.to_thread(worker.end) for worker in free))
        self._threads.shutdown(wait=False)


class _Worker:
    """A process, as a thread of this one speaks to it."""

    def __init__(self, card: int | None, patience: float) -> None:
        self._card, self._patience = card, patience
        self._silence = 0.0
        """The longest so far, seconds: of a step, or of loading, which an end would cost again."""
        self._process: BaseProcess | None = None
        self._pipe: Connection[Any, Any]

    def make(self, task: Task, told: Callable[[int, int], None], stop: Event) -> bytes:
        """The PNG. Raises Cut2NextError; where it was stopped, MakerError."""
        try:
            self._begin()
            self._pipe.send(task)
            return self._awaited(told, stop)
        except (EOFError, OSError) as error:
            code = self._exit_code()
            self.end()
            raise MakerEnded(
                f"the maker ended with exit code {code}",
                expected="a picture",
                hint="try the maker alone: cut2next generate",
            ) from error
        except Cut2NextError:
            raise
        except Exception as error:  # what comes back may be of a stranger's class
            self.end()
            fault = f"what comes back cannot be read ({type(error).__name__}: {one_line(error)})"
            raise _fault(fault) from error

    def _awaited(self, told: Callable[[int, int], None], stop: Event) -> bytes:
        heard, patience = monotonic(), max(LOADING, self._patience)
        asked: float | None = None
        while True:
            if stop.is_set() and asked is None:
                self._pipe.send(STOP)
                asked = monotonic()
            if self._pipe.poll(_GLANCE):
                answer = self._pipe.recv()
                self._silence = max(self._silence, monotonic() - heard)
                if not isinstance(answer, Stepped):
                    return _png_of(answer)
                heard, patience = monotonic(), self._patience
                told(answer.step, answer.steps)
            elif monotonic() > (heard + patience if asked is None else asked + self._grace):
                self.end()
                raise _fault(f"nothing for {patience:g} s" if asked is None else "stopped")

    @property
    def _grace(self) -> float:
        """Seconds that it may take to stop: its next sign of life is worth waiting for."""
        return min(max(2 * self._silence, _GRACE), _MOST_GRACE)

    def hurry(self) -> None:
        """Whatever is to stop gets no more than the least grace."""
        self._silence = 0.0

    def end(self) -> None:
        """Ends the process, and whatever it began."""
        process, self._process = self._process, None
        if process is None:
            return
        self._pipe.close()
        assert process.pid is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, SIGKILL)
        process.kill()
        process.join()

    def _begin(self) -> None:
        if self._process is not None and self._process.is_alive():
            return
        self.end()
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._card), daemon=True)
        self._process.start()
        theirs.close()

    def _exit_code(self) -> int | None:
        if self._process is None:
            return None
        self._process.join(5)
        return self._process.exitcode


def _png_of(answer: object) -> bytes:
    if isinstance(answer, Cut2NextError):
        raise answer
    if not isinstance(answer, Finished) or answer.png is None:
        raise _fault("stopped")
    return answer.png


def _chosen(makers: Mapping[str, MakerChoice], name: str) -> MakerChoice:
    if name not in makers:
        raise MakerError(
            f"{name} is not here",
            expected=f"one of {', '.join(makers)}",
            hint="start the studio with it: --maker",
        )
    return makers[name]


def _fault(got: str) -> MakerError:
    return MakerError(got, expected="a picture", hint="try the maker alone: cut2next generate")
