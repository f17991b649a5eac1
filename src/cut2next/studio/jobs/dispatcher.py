"""From the queue to the board: each device takes the next job, and what it makes is kept."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.makers.maker import MakerError
from cut2next.studio.board import Candidate, Origin, new_id
from cut2next.studio.jobs.engine import Engine, MakerEnded
from cut2next.studio.store import EndedError, Job, State, Store

_PAUSE = 5.0
"""Seconds until what went wrong is tried again, as a disk that took nothing."""


class Dispatcher:
    """Lives on one event loop. Nothing runs before `run`; what waits then is gone on with."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        *,
        told: Callable[[Job], None] = lambda _: None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`told` is given a job whenever it changed; `changed` is called when candidates came."""
        self._store, self._engine = store, engine
        self._told, self._changed = told, changed
        self._wakes = [asyncio.Event() for _ in range(engine.devices)]
        self._running: dict[str, asyncio.Task[None]] = {}
        self._far: dict[str, tuple[int, int]] = {}
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._results: dict[str, asyncio.Future[bytes | Cut2NextError]] = {}
        self.seconds, self.ended = 0.0, 0
        """Spent on jobs that are done, and how many those are, since this began."""
        self.fault = ""
        """Why no job could be taken when that was tried last; empty when it could."""

    async def run(self) -> None:
        """Takes jobs until it is cancelled; what runs then waits for the next start."""
        async with asyncio.TaskGroup() as group:
            for device in range(self._engine.devices):
                group.create_task(self._serve(device))

    def wake(self) -> None:
        """There may be something to do."""
        for event in self._wakes:
            event.set()

    async def results(self, jobs: Sequence[Job]) -> list[asyncio.Future[bytes | Cut2NextError]]:
        """Queues jobs that are no panel's; what comes of each. Raises as `Store.add`."""
        loop = asyncio.get_running_loop()
        waiting = {job.id: loop.create_future() for job in jobs}
        self._results |= waiting
        try:
            await asyncio.to_thread(self._store.add, jobs)
        except BaseException:
            for id in waiting:
                self._results.pop(id, None)
            raise
        self.wake()
        return list(waiting.values())

    def let_go(self) -> None:
        """Whoever waits for results is told that none come any more: the server ends."""
        waiting, self._results = self._results, {}
        for waiter in waiting.values():
            _answer(waiter, "the studio was stopped")

    async def cancel(self, id: str) -> Job:
        """Ends a job, whose maker stops a while later, or puts aside one that has failed.

        Raises EndedError, MissingError, OutputError.
        """
        job = await asyncio.to_thread(self._store.cancel, id)
        if (making := self._running.get(id)) is not None:
            making.cancel()
        self._end(job, "cancelled")
        return job

    async def _serve(self, device: int) -> None:
        wake = self._wakes[device]
        while True:
            wake.clear()
            pause: float | None = None
            try:
                while (job := await asyncio.to_thread(self._store.claim, device)) is not None:
                    await self._run(job)
                self.fault = ""
            except Exception as error:  # a disk that is full, or a defect: others are made still
                self.fault, pause = one_line(error), _PAUSE
                if not isinstance(error, Cut2NextError):
                    logging.getLogger(__name__).exception("defect")
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), pause)

    async def _run(self, job: Job) -> None:
        """A job to its end; that of another never suffers from it."""
        self._told(job)
        making = asyncio.create_task(self._made(job))
        self._running[job.id] = making
        try:
            await asyncio.wait([making])
        except asyncio.CancelledError:  # the server ends
            making.cancel()
            await asyncio.wait([making])
            raise
        finally:
            del self._running[job.id]
        if not making.cancelled() and (fault := making.exception()) is not None:
            await self._failed(job, fault)

    async def _made(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        pictures = await asyncio.to_thread(self._pictures, job)
        try:
            png = await self._engine.run(job, pictures, lambda *far: self._stepped(job.id, *far))
        finally:
            if (telling := self._telling.get(job.id)) is not None:
                await asyncio.wait([telling])  # no step is told after the end
        # What is made is kept, whoever would stop it now.
        await asyncio.shield(asyncio.create_task(self._kept(job, png)))
        self.seconds, self.ended = self.seconds + loop.time() - begun, self.ended + 1

    def _pictures(self, job: Job) -> list[bytes]:
        """The files of what it is made from, the current shot's the last.

        An earlier one that is gone is an empty file: the picture can be made without.
        """
        read, earlier = self._store.pictures.read, list[bytes]()
        for panel in job.asked.earlier:
            try:
                earlier.append(read(panel.picture))
            except InputError:
                earlier.append(b"")
        return [*earlier, read(job.asked.picture)]

    async def _kept(self, job: Job, png: bytes) -> None:
        candidate = None
        if job.panel is not None:
            candidate = await asyncio.to_thread(self._candidate, job, job.panel, png)
        with suppress(EndedError):  # cancelled a moment ago
            job = await asyncio.to_thread(self._store.finish, job.id, candidate)
            if (waiter := self._results.pop(job.id, None)) is not None and not waiter.done():
                waiter.set_result(png)
            self._told(job)
            self._changed()

    def _candidate(self, job: Job, panel: str, png: bytes) -> Candidate:
        maker = job.asked.maker
        return Candidate(
            id=new_id(),
            panel=panel,
            picture=self._store.pictures.add_bytes(png, origin=Origin.MADE, source=maker),
            maker=maker,
            prompt=job.asked.prompt,
            way=job.asked.way,
        )

    def _stepped(self, id: str, step: int, steps: int) -> None:
        if id in self._running:
            self._far[id] = step, steps
            if id not in self._telling:
                self._telling[id] = asyncio.create_task(self._tell_steps(id))

    async def _tell_steps(self, id: str) -> None:
        """Writes how far a job is and tells it; of steps that come meanwhile the last alone."""
        while (far := self._far.pop(id, None)) is not None:
            with suppress(Cut2NextError):  # a disk that is full: the picture matters, not this
                self._told(await asyncio.to_thread(self._store.step, id, *far))
        del self._telling[id]

    async def _failed(self, job: Job, fault: BaseException) -> None:
        sentence = str(fault) if isinstance(fault, Cut2NextError) else one_line(repr(fault))
        again = isinstance(fault, MakerEnded)
        try:
            if again:
                ended = await asyncio.to_thread(self._store.retry, job.id)
            else:
                ended = await asyncio.to_thread(self._store.fail, job.id, sentence)
        except EndedError:
            return
        except Cut2NextError:  # a disk that is full keeps it running until the next start
            ended = replace(job, state=State.FAILED, error=sentence)
        self._end(ended, ended.error)

    def _end(self, job: Job, sentence: str) -> None:
        self._told(job)
        waiter = self._results.pop(job.id, None) if job.state.has_ended else None
        if waiter is not None:
            _answer(waiter, sentence)


def _answer(waiter: "asyncio.Future[bytes | Cut2NextError]", sentence: str) -> None:
    if not waiter.done():  # done where whoever asked has gone
        waiter.set_result(MakerError(sentence, expected="a picture", hint="ask again"))
