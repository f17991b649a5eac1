"""A board while it is changed: its parts by id and in order, and checked as a whole at the end."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.studio.board import Board, Candidate, Figure, Panel, Scene


class _Named(Protocol):
    @property
    def id(self) -> str: ...


Part = TypeVar("Part", bound=_Named)


class Parts(Generic[Part]):
    """Some of one kind, in their order; each is there once."""

    def __init__(self, of: str, parts: Iterable[Part]) -> None:
        self._of = of
        self._by_id = {part.id: part for part in parts}
        self._order = list(self._by_id)

    def __iter__(self) -> Iterator[Part]:
        return (self._by_id[id] for id in self._order)

    def __contains__(self, id: str) -> bool:
        return id in self._by_id

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, id: str) -> Part:
        """The one of that name. Raises InputError when it is not there."""
        if id not in self._by_id:
            raise gone(self._of, id)
        return self._by_id[id]

    def insert(self, at: int | None, part: Part) -> None:
        """One more, before the one at a place; None is the end. Raises InputError."""
        at = len(self) if at is None else at
        if part.id in self:
            raise twice(self._of, part.id)
        if not 0 <= at <= len(self):
            raise InputError(
                f"the place {at} among {len(self)}",
                expected=f"0 to {len(self)}",
                hint="load the board again",
            )
        self._order.insert(at, part.id)
        self._by_id[part.id] = part

    def take(self, id: str) -> tuple[Part, int]:
        """One less: what it was, and where. Raises InputError when it is not there."""
        part, at = self[id], self._order.index(id)
        del self._order[at], self._by_id[id]
        return part, at

    def put(self, part: Part) -> Part:
        """Another in the place of the one with its id, which is returned. Raises InputError."""
        old, self._by_id[part.id] = self[part.id], part
        return old


class Draft:
    """A board's parts. What is changed here leaves that board as it was."""

    def __init__(self, board: Board) -> None:
        self.facts = replace(board, scenes=(), figures=(), candidates=())
        """All that is no part."""
        self.figures: Parts[Figure] = Parts("figure", board.figures)
        self.candidates: Parts[Candidate] = Parts("candidate", board.candidates)
        self.scenes: Parts[Scene] = Parts("scene", board.scenes)
        """But for their panels, of which `scene` knows."""
        self._panels = {scene.id: Parts("panel", scene.panels) for scene in board.scenes}
        self._homes = {panel.id: scene.id for scene in board.scenes for panel in scene.panels}

    def board(self) -> Board:
        """What has become of it. Raises InputError when that is no board."""
        return replace(
            self.facts,
            scenes=tuple(self.scene(scene.id) for scene in self.scenes),
            figures=tuple(self.figures),
            candidates=tuple(self.candidates),
        )

    def scene(self, id: str) -> Scene:
        """A scene with its panels. Raises InputError when it is not there."""
        scene, panels = self.scenes[id], tuple(self._panels[id])
        return scene if panels == scene.panels else replace(scene, panels=panels)

    def insert_scene(self, at: int, scene: Scene) -> None:
        """A scene more, with its panels. Raises InputError."""
        self.scenes.insert(at, scene)
        self._panels[scene.id] = Parts("panel", ())
        for place, panel in enumerate(scene.panels):
            self.insert_panel(scene.id, place, panel)

    def take_scene(self, id: str) -> tuple[Scene, int]:
        """A scene less: what it was, with its panels, and where. Raises InputError."""
        scene = self.scene(id)
        for panel in self._panels.pop(id):
            del self._homes[panel.id]
        return scene, self.scenes.take(id)[1]

    @property
    def panels(self) -> Iterator[Panel]:
        """Of all scenes, in their order."""
        return (panel for scene in self.scenes for panel in self._panels[scene.id])

    def panel(self, id: str) -> Panel:
        """The panel of that name. Raises InputError when it is not there."""
        return self._panels[self._home(id)][id]

    def insert_panel(self, scene: str, at: int, panel: Panel) -> None:
        """A panel more, at a place in a scene. Raises InputError."""
        if panel.id in self._homes:
            raise twice("panel", panel.id)
        self._panels[self.scenes[scene].id].insert(at, panel)
        self._homes[panel.id] = scene

    def take_panel(self, id: str) -> tuple[Panel, str, int]:
        """A panel less: what it was, its scene, and its place there. Raises InputError."""
        scene = self._home(id)
        panel, at = self._panels[scene].take(id)
        del self._homes[id]
        return panel, scene, at

    def put_panel(self, panel: Panel) -> Panel:
        """Another in the place of the one with its id, which is returned. Raises InputError."""
        return self._panels[self._home(panel.id)].put(panel)

    def _home(self, id: str) -> str:
        if id not in self._homes:
            raise gone("panel", id)
        return self._homes[id]


def gone(of: str, id: str) -> InputError:
    """What is said of a part that is not there."""
    return InputError(
        f"no {of} {one_line(repr(id), 60)}",
        expected="one that is on the board",
        hint="it may have been taken off; load the board again",
    )


def twice(of: str, id: str) -> InputError:
    """What is said of a part that is there already."""
    return InputError(
        f"a second {of} called {id}", expected="each once", hint="give one another name"
    )
