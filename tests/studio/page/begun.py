"""A board for the page's stories, where it is served, and what stands on it."""

import time
from dataclasses import dataclass
from typing import Any

from tests.pages.browser import EVIL
from tests.studio.page.pages import TintingEngine, still

from cut2next.film import EditingPattern
from cut2next.studio.board import Board, Figure, Kind, Numbering, Origin, Panel, Scene, Way
from cut2next.studio.operations import EditBoard, InsertScene, PutFigure, Several
from cut2next.studio.store import Store


@dataclass
class Begun:
    """A board, who makes its next shots, and where it is served."""

    store: Store
    engine: TintingEngine
    url: str

    @property
    def board(self) -> Board:
        """As it is now."""
        return self.store.board

    @property
    def panels(self) -> list[Panel]:
        """In their order."""
        return list(self.store.board.panels)


def furnish(store: Store, count: int) -> None:
    """Puts so many panels there."""
    picture = store.pictures.add_bytes(still(), origin=Origin.DRAWN, source="a.png")
    panels = tuple(
        Panel(
            id=f"p{at}",
            frames=24 + at,
            picture=None if at % 2 else picture,
            action=EVIL,
            dialogue=f"line {at}",
            way=Way(patterns=(EditingPattern.CUT_IN,)),
        )
        for at in range(count)
    )
    first = Scene(id="s1", heading=EVIL[:150], panels=panels[: count // 2])
    second = Scene(id="s2", panels=panels[count // 2 :])
    noah = Figure(id="f1", kind=Kind.PERSON, name="Noah", look="black bob")
    titled = EditBoard(title=EVIL[:150], width=1280, height=720, numbering=Numbering.PLAIN)
    scenes = (InsertScene(scene=first, at=0), InsertScene(scene=second, at=1))
    store.do(Several(operations=(*scenes, PutFigure(figure=noah), titled)))


def until(holds: Any, patience: float = 15) -> None:
    """Waits until something holds on the server."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
