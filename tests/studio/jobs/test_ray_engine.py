"""Jobs on Ray: two replicas on this machine, each with a process of its own."""

import asyncio
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.studio.jobs.boards import begun, job, png

from cut2next.film import InputError
from cut2next.makers.maker import MakerError
from cut2next.makers.named import maker_named
from cut2next.studio.jobs.ray_engine import RayEngine, cards_each
from cut2next.studio.store import Store

MAKER = Path(__file__).with_name("makers_of_test.py")


def test_without_ray_one_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'cut2next\[ray\]'"):
        RayEngine({})


@pytest.mark.parametrize(("cards", "each"), [(0, 0), (2, 0.5), (4, 1), (9, 1)])
def test_the_cards_of_a_cluster_are_shared_out(cards: float, each: float) -> None:
    assert cards_each({"CPU": 8.0, "GPU": cards}, 4) == each
    assert cards_each({"CPU": 8.0}, 4) == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::UserWarning")
def test_two_replicas_make_fail_and_stop() -> None:
    async def story(store: Store) -> None:
        board = begun(store)
        choice = maker_named(f"tint={MAKER}:next_shot")
        engine = RayEngine({"tint": choice}, devices=2, patience=60)
        steps: list[tuple[int, int]] = []
        try:
            jobs = [job(board, "a slow face") for _ in range(4)]
            pngs = await asyncio.gather(
                *(engine.run(each, [png()], lambda *far: steps.append(far)) for each in jobs)
            )
            assert {Image.open(BytesIO(data)).size for data in pngs} == {(64, 48)}
            assert steps
            with pytest.raises(MakerError, match="no light today"):
                await engine.run(job(board, "fail"), [png()], lambda *_: None)
            hanging = [
                asyncio.create_task(engine.run(job(board, "hang"), [png()], lambda *_: None))
                for _ in range(2)
            ]
            await asyncio.sleep(3)
            for each in hanging:
                each.cancel()
            await asyncio.wait(hanging)
            again = await asyncio.wait_for(
                engine.run(job(board, "a face"), [png()], lambda *_: None), 120
            )
            assert Image.open(BytesIO(again)).size == (64, 48)
        finally:
            await engine.close()

    store = Store.in_memory()
    try:
        asyncio.run(story(store))
    finally:
        store.close()
