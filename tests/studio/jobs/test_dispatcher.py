"""Jobs go from the queue to the board, once each, whatever happens meanwhile."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.studio.jobs.boards import PlainEngine, begun, job, png

from cut2next.film import InputError
from cut2next.studio.board import Origin
from cut2next.studio.jobs import dispatcher as dispatching
from cut2next.studio.jobs.dispatcher import Dispatcher
from cut2next.studio.jobs.engine import MakerEnded
from cut2next.studio.operations import RemovePanel
from cut2next.studio.store import EndedError, Job, State, Store
from cut2next.studio.store.job import EarlierPanel


@asynccontextmanager
async def running(store: Store, engine: PlainEngine) -> AsyncIterator[tuple[Dispatcher, list[Job]]]:
    """A dispatcher at work, and all that it tells."""
    told: list[Job] = []
    dispatcher = Dispatcher(store, engine, told=told.append)
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher, told
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


def tried(story: Callable[[Store, PlainEngine], Awaitable[None]], devices: int = 1) -> None:
    """Tells a story on a new board."""
    store = Store.in_memory()
    try:
        asyncio.run(_told(story, store, PlainEngine(devices)))
    finally:
        store.close()


async def _told(
    story: Callable[[Store, PlainEngine], Awaitable[None]], store: Store, engine: PlainEngine
) -> None:
    await story(store, engine)


def test_a_maker_is_given_what_came_before_first_and_nothing_for_what_is_gone() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        one = job(begun(store))
        red = store.pictures.add_bytes(png("red"), origin=Origin.DRAWN)
        prompt = one.asked.prompt.current
        earlier = tuple(
            EarlierPanel(picture=each, prompt=prompt)
            for each in (red, replace(red, sha256="0" * 64))
        )
        current = store.pictures.read(one.asked.picture)
        async with running(store, engine) as (dispatcher, _):
            store.add([replace(one, asked=replace(one.asked, earlier=earlier))])
            dispatcher.wake()
            await until(lambda: bool(engine.given))
        assert engine.given == [[store.pictures.read(red), b"", current]]

    tried(story)


def test_what_is_made_is_a_candidate_with_all_that_made_it() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        async with running(store, engine) as (dispatcher, told):
            (one,) = store.add([job(board)])
            dispatcher.wake()
            await until(lambda: store.job(one.id).state is State.DONE)
        (candidate,) = store.board.candidates_of("p2")
        assert candidate.id == store.job(one.id).candidate
        assert (candidate.prompt, candidate.way) == (one.asked.prompt, one.asked.way)
        assert candidate.picture.origin is Origin.MADE
        assert store.pictures.path(candidate.picture).exists()
        assert store.board.by_id["p2"].picture is None
        states = [each.state for each in told]
        assert states[0] is State.RUNNING
        assert states[-1] is State.DONE

    tried(story)


def test_what_is_wanted_now_goes_before_what_waits_for_tonight() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        tonight, now = job(board, priority=1), job(board)
        store.add([tonight, now])
        async with running(store, engine):
            await until(lambda: not store.jobs((State.WAITING, State.RUNNING)))
        assert engine.runs == [now.id, tonight.id]

    tried(story)


def test_two_devices_make_two_at_a_time() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        engine.gate = asyncio.Event()
        jobs = store.add([job(board) for _ in range(3)])
        async with running(store, engine):
            await until(lambda: len(engine.runs) == 2)
            assert {store.job(each.id).device for each in jobs[:2]} == {0, 1}
            engine.gate.set()
            await until(lambda: len(store.jobs((State.DONE,))) == 3)
        assert sorted(engine.runs) == sorted(each.id for each in jobs)

    tried(story, devices=2)


def test_a_job_is_cancelled_waiting_or_running_and_leaves_nothing() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        engine.gate = asyncio.Event()
        first, second, third = store.add([job(board) for _ in range(3)])
        async with running(store, engine) as (dispatcher, told):
            await until(lambda: engine.runs == [first.id])
            assert (await dispatcher.cancel(second.id)).state is State.CANCELLED
            assert (await dispatcher.cancel(first.id)).state is State.CANCELLED
            with pytest.raises(EndedError):
                await dispatcher.cancel(first.id)
            engine.gate.set()
            await until(lambda: store.job(third.id).state is State.DONE)
        assert engine.stopped == [first.id]
        assert engine.runs == [first.id, third.id]
        assert len(store.board.candidates) == 1
        assert {each.id for each in told if each.state is State.CANCELLED} == {first.id, second.id}

    tried(story)


def test_who_cancels_does_not_wait_for_the_maker_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        engine.gate = asyncio.Event()
        goes_on = asyncio.Event()
        begin = engine.run

        async def run(*given: Any) -> bytes:
            try:
                return await begin(*given)
            finally:
                await goes_on.wait()

        monkeypatch.setattr(engine, "run", run)
        board = begun(store)
        first, second = store.add([job(board) for _ in range(2)])
        async with running(store, engine) as (dispatcher, told):
            await until(lambda: engine.runs == [first.id])
            await asyncio.wait_for(dispatcher.cancel(first.id), 10)
            assert told[-1].state is State.CANCELLED
            engine.gate.set()
            assert engine.runs == [first.id]
            goes_on.set()
            await until(lambda: store.job(second.id).state is State.DONE)

    tried(story)


def test_one_that_fails_says_why_and_the_next_goes_on() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        engine.fault = InputError("no light", expected="light", hint="wait")
        bad, good = store.add([job(board) for _ in range(2)])
        async with running(store, engine):
            await until(lambda: store.job(bad.id).state is State.FAILED)
            engine.fault = None
            await until(lambda: store.job(good.id).state.has_ended)
        assert store.job(bad.id).error == "no light; expected light; wait"

    tried(story)


def test_one_whose_maker_ends_is_tried_three_times() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        engine.fault = MakerEnded("ended", expected="a picture", hint="look")
        (bad,) = store.add([job(board)])
        async with running(store, engine) as (dispatcher, _):
            await until(lambda: store.job(bad.id).state is State.FAILED)
            assert dispatcher.ended == 0
        assert engine.runs == [bad.id] * 3
        assert store.job(bad.id).error

    tried(story)


def test_a_candidate_of_a_panel_that_is_gone_is_kept() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        store.add([job(board)])
        store.do(RemovePanel(id="p2"))
        async with running(store, engine):
            await until(lambda: len(store.board.candidates) == 1)
        store.undo()
        assert store.board.candidates_of("p2")

    tried(story)


def test_a_job_of_no_panel_gives_its_picture_to_whoever_asked() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        from dataclasses import replace

        one = replace(job(board), panel=None)
        async with running(store, engine) as (dispatcher, _):
            (result,) = await dispatcher.results([one])
            other = replace(one, id="twice")
            with pytest.raises(InputError):
                await dispatcher.results([other, other])
            assert isinstance(await asyncio.wait_for(result, 20), bytes)
            assert not dispatcher._results
        assert not store.board.candidates
        assert store.job(one.id).state is State.DONE

    tried(story)


def test_a_disk_that_is_slow_with_a_step_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        goes_on, write = threading.Event(), store.step
        monkeypatch.setattr(store, "step", lambda *far: goes_on.wait(30) and write(*far))
        (one,) = store.add([job(begun(store))])
        loop = asyncio.get_running_loop()
        begun_at = loop.time()
        async with running(store, engine) as (_, told):
            await until(lambda: engine.runs == [one.id])
            assert loop.time() - begun_at < 15
            goes_on.set()
            await until(lambda: told[-1].state is State.DONE)
        assert [each.step for each in told] == [0, 1, 1]

    tried(story)


def test_an_error_that_nobody_foresaw_is_told_and_ends_no_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatching, "_PAUSE", 0.05)

    async def story(store: Store, engine: PlainEngine) -> None:
        claim = store.claim
        monkeypatch.setattr(store, "claim", lambda _: 1 // 0)
        (one,) = store.add([job(begun(store))])
        async with running(store, engine) as (dispatcher, _):
            await until(lambda: "division" in dispatcher.fault)
            monkeypatch.setattr(store, "claim", claim)
            await until(lambda: store.job(one.id).state is State.DONE)
            await until(lambda: not dispatcher.fault)

    tried(story)


def test_what_runs_when_the_server_ends_waits_for_the_next_start() -> None:
    async def story(store: Store, engine: PlainEngine) -> None:
        board = begun(store)
        engine.gate = asyncio.Event()
        (one,) = store.add([job(board)])
        async with running(store, engine):
            await until(lambda: engine.runs == [one.id])
        assert engine.stopped == [one.id]
        assert store.job(one.id).state is State.RUNNING  # closing the store puts it back

    tried(story)
