"""Where panels lie while some are put elsewhere: the operations that do it, one after another."""

from collections.abc import Collection, Mapping
from itertools import islice

from cut2next.studio.board import Board, Panel, Scene
from cut2next.studio.operations import InsertPanel, InsertScene, MovePanel, Single


class Layout:
    """Scenes of a board and the ids in them, as they become what came."""

    def __init__(
        self,
        board: Board,
        came: Board,
        matches: Mapping[str, str],
        *,
        gone: Collection[str],
        moving: Collection[str],
    ) -> None:
        """What is `gone` has been taken off before; what is `moving` is in nobody's way."""
        self.operations: list[Single] = []
        """What was done so far."""
        self._scenes = [
            (scene.id, [panel.id for panel in scene.panels if panel.id not in gone])
            for scene in board.scenes
        ]
        self._moving = set(moving)
        self._came = {panel.id: scene for scene in came.scenes for panel in scene.panels}
        self._homes = _homes(board, came)
        self._fresh = {
            scene.id
            for scene in came.scenes
            if scene.id not in self._homes and not any(p.id in matches for p in scene.panels)
        }

    def insert(self, panel: Panel, before: str | None) -> None:
        """Puts a new panel after another; the first where that is None."""
        scene, at = self._spot(panel.id, before)
        self._panels(scene).insert(at, panel.id)
        self.operations.append(InsertPanel(panel=panel, scene=scene, at=at))

    def move(self, id: str, came: str, before: str | None) -> None:
        """Puts one that is there, and came under another name, after another."""
        for _, panels in self._scenes:
            if id in panels:
                panels.remove(id)
        self._moving.discard(id)
        scene, at = self._spot(came, before)
        self._panels(scene).insert(at, id)
        self.operations.append(MovePanel(id=id, scene=scene, at=at))

    def _panels(self, scene: str) -> list[str]:
        return next(panels for id, panels in self._scenes if id == scene)

    def _spot(self, came: str, before: str | None) -> tuple[str, int]:
        """A scene and a place in it: in the panel's own scene, where that begins or ends there."""
        scene = self._came[came]
        spots = self._spots(before)
        if scene.id in self._fresh and (before is None or self._is_last(before)):
            return self._begin(scene, before), 0
        home = self._homes.get(scene.id)
        return next((spot for spot in spots if spot[0] == home), spots[0])

    def _is_last(self, id: str) -> bool:
        panels = next(panels for _, panels in self._scenes if id in panels)
        return self._ends(panels, panels.index(id) + 1)

    def _ends(self, panels: list[str], at: int) -> bool:
        """Whether nothing stays there from a place on."""
        return all(id in self._moving for id in islice(panels, at, None))

    def _spots(self, before: str | None) -> list[tuple[str, int]]:
        """Every place that comes next after a panel, the nearest first."""
        spots: list[tuple[str, int]] = []
        for id, panels in self._scenes:
            at = panels.index(before) + 1 if before in panels else 0
            if not spots and before is not None and not at:
                continue
            spots.append((id, at))
            if not self._ends(panels, at):
                break
        return spots

    def _begin(self, scene: Scene, before: str | None) -> str:
        """Makes a scene that came, after that of a panel."""
        places = [place for place, (_, panels) in enumerate(self._scenes) if before in panels]
        at = places[0] + 1 if places else 0
        self._scenes.insert(at, (scene.id, []))
        self._homes[scene.id] = scene.id
        self._fresh.discard(scene.id)
        empty = Scene(id=scene.id, heading=scene.heading, number=scene.number, notes=scene.notes)
        self.operations.append(InsertScene(scene=empty, at=at))
        return scene.id


def _homes(board: Board, came: Board) -> dict[str, str]:
    """Scenes that came, to those they are: by id, else by heading."""
    ours = {scene.id for scene in board.scenes}
    homes = {scene.id: scene.id for scene in came.scenes if scene.id in ours}
    headings: dict[str, list[str]] = {}
    for scene in board.scenes:
        if scene.id not in homes and scene.heading:
            headings.setdefault(scene.heading, []).append(scene.id)
    for scene in came.scenes:
        if scene.id not in homes and headings.get(scene.heading):
            homes[scene.id] = headings[scene.heading].pop(0)
    return homes
