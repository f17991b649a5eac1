"""What the process of a device holds: one maker at a time."""

import json
import weakref
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.makers.comfyui_server import WORKFLOW, ComfyServer
from tests.studio.jobs.boards import begun, job, png

from cut2next.film import IndividualPrompt
from cut2next.makers.named import MakerChoice
from cut2next.studio.jobs import worker
from cut2next.studio.jobs.worker import Bench, Task, _card
from cut2next.studio.store import Store
from cut2next.studio.store.job import EarlierPanel


@pytest.mark.parametrize(("allowed", "card"), [("", "1"), ("4, 6", "6"), ("GPU-a,GPU-b", "GPU-b")])
def test_only_cards_that_are_allowed_are_used(allowed: str, card: str) -> None:
    assert _card(1, allowed) == card


class _Loaded:
    """A maker, as heavy as they are, that holds itself in a circle, as models do."""

    def __init__(self) -> None:
        self.whole = self

    def __call__(self, *_: object) -> None:
        """Makes nothing."""


def test_a_maker_is_let_go_before_another_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[weakref.ref[_Loaded]] = []

    def load(_: MakerChoice) -> _Loaded:
        assert not [each for each in loaded if each() is not None]
        made = _Loaded()
        loaded.append(weakref.ref(made))
        return made

    monkeypatch.setattr(worker, "_maker", load)
    store, bench = Store.in_memory(), Bench()
    try:
        asked = job(begun(store)).asked
        for name in ("one", "one", "two"):
            choice = MakerChoice(name=name, what="command:nobody")
            task = Task(choice=choice, asked=asked, pictures=[png()])
            assert bench.png(task, lambda *_: True) is None
    finally:
        store.close()
    assert len(loaded) == 2


def test_comfyui_makes_a_panel_s_picture_and_forgets_one_that_is_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(WORKFLOW))
    store, bench = Store.in_memory(), Bench()
    with ComfyServer() as server:
        choice = MakerChoice(name="comfy", what=f"comfyui:{path}?server={server.url}")
        try:
            task = Task(choice=choice, asked=job(begun(store)).asked, pictures=[png()])
            made = bench.png(task, lambda *_: True)
            server.looks = 1000
            loaded_and_seen = [True, True, False]
            assert bench.png(task, lambda *_: loaded_and_seen.pop(0)) is None
        finally:
            store.close()
    assert made is not None
    assert Image.open(BytesIO(made)).size == task.asked.size
    assert server.came.interrupted == ["id-2"]


def test_earlier_shots_are_told_in_their_order_without_those_that_are_gone() -> None:
    store = Store.in_memory()
    try:
        asked = job(begun(store)).asked
    finally:
        store.close()
    names = ("red", "gone", "blue", "torn")
    earlier = tuple(
        EarlierPanel(picture=asked.picture, prompt=IndividualPrompt(summary=name)) for name in names
    )
    files = [png("red"), b"", png("blue"), png("blue")[:60], png("green")]
    choice = MakerChoice(name="one", what="command:nobody")
    brief = worker._brief(
        Task(choice=choice, asked=replace(asked, earlier=earlier), pictures=files)
    )
    assert [each.prompt.summary for each in brief.earlier] == ["red", "blue"]
    shown = [*(each.picture for each in brief.earlier), brief.current]
    assert [each.getpixel((0, 0)) for each in shown] == [(255, 0, 0), (0, 0, 255), (0, 128, 0)]
