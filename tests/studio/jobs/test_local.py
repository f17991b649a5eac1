"""Makers in processes: what ends or hangs there ends alone."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.studio.jobs.boards import begun, job, png

from cut2next.film import Cut2NextError
from cut2next.makers.named import maker_named
from cut2next.makers.requested import read_made
from cut2next.studio.board import Board
from cut2next.studio.jobs import local
from cut2next.studio.jobs.engine import MakerEnded
from cut2next.studio.jobs.local import LocalEngine
from cut2next.studio.store import Store

MAKER = Path(__file__).with_name("makers_of_test.py")


@contextmanager
def board() -> Iterator[Board]:
    store = Store.in_memory()
    try:
        yield begun(store)
    finally:
        store.close()


async def _made(engine: LocalEngine, board: Board, words: str) -> bytes | Cut2NextError:
    try:
        return await engine.run(job(board, words), [png()], lambda *_: None)
    except Cut2NextError as error:
        return error


def test_a_process_makes_ends_fails_hangs_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_MOST_GRACE", 3)

    async def story(board: Board) -> None:
        engine = LocalEngine({"tint": maker_named(f"tint={MAKER}:next_shot")}, patience=60)
        try:
            made = await _made(engine, board, "a face")
            assert isinstance(made, bytes)
            assert Image.open(BytesIO(made)).size == (64, 48)
            (path := tmp_path / "made.png").write_bytes(made)
            told = read_made(path)
            assert told is not None
            assert told.maker == "tint"
            pids = [w._process.pid for w in engine._workers if w._process and w._process.pid]
            assert pids
            failed = await _made(engine, board, "fail")
            assert "no light today" in str(failed)
            ended = await _made(engine, board, "end")
            assert isinstance(ended, MakerEnded)
            assert "exit code 7" in str(ended)
            assert isinstance(await _made(engine, board, "a face again"), bytes)
            hanging = asyncio.create_task(_made(engine, board, "hang"))
            await asyncio.sleep(1)
            begun = time.monotonic()
            hanging.cancel()
            await asyncio.wait([hanging])
            assert time.monotonic() - begun < 30
            assert hanging.cancelled()
            engine._workers[0]._patience = 1
            assert "nothing for 1 s" in str(await _made(engine, board, "hang"))
        finally:
            await engine.close()
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)

    with board() as given:
        asyncio.run(story(given))


def test_one_that_takes_long_to_stop_is_waited_for_unless_the_studio_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "_GRACE", 0.1)

    async def story(board: Board) -> None:
        engine = LocalEngine({"tint": maker_named(f"tint={MAKER}:next_shot")}, patience=60)
        (worker,) = engine._workers
        try:
            await _made(engine, board, "slow")
            loaded = worker._process
            making = asyncio.create_task(_made(engine, board, "slow"))
            await asyncio.sleep(0.1)
            making.cancel()
            await asyncio.wait([making])
            assert worker._process is loaded
            hanging = asyncio.create_task(_made(engine, board, "hang"))
            await asyncio.sleep(0.1)
            worker._silence = 1000
            hanging.cancel()
        finally:
            await asyncio.wait_for(engine.close(), 20)

    with board() as given:
        asyncio.run(story(given))


def test_makers_take_no_thread_that_others_need() -> None:
    async def story(board: Board) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        engine = LocalEngine({"tint": maker_named(f"tint={MAKER}:next_shot")}, patience=60)
        try:
            making = asyncio.create_task(_made(engine, board, "hang"))
            await asyncio.sleep(0.1)
            assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 10) == "done"
            making.cancel()
            await asyncio.wait([making])
        finally:
            await engine.close()

    with board() as begun_board:
        asyncio.run(story(begun_board))


def test_a_maker_that_is_not_here_is_told() -> None:
    async def story(board: Board) -> None:
        engine = LocalEngine({})
        assert "tint is not here" in str(await _made(engine, board, ""))
        await engine.close()

    with board() as given:
        asyncio.run(story(given))
