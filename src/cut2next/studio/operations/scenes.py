"""Operations on scenes."""

from dataclasses import dataclass, replace
from typing import Literal

from cut2next.studio.board import Scene
from cut2next.studio.operations.draft import Draft


@dataclass(frozen=True, kw_only=True)
class InsertScene:
    """A new scene, which may have panels, at a place from 0."""

    scene: Scene
    at: int
    op: Literal["InsertScene"] = "InsertScene"

    def change(self, draft: Draft) -> "RemoveScene":
        """Does it; what takes it back. Raises InputError."""
        draft.insert_scene(self.at, self.scene)
        return RemoveScene(id=self.scene.id)


@dataclass(frozen=True, kw_only=True)
class RemoveScene:
    """Takes a scene off with its panels."""

    id: str
    op: Literal["RemoveScene"] = "RemoveScene"

    def change(self, draft: Draft) -> InsertScene:
        """Does it; what takes it back. Raises InputError."""
        scene, at = draft.take_scene(self.id)
        return InsertScene(scene=scene, at=at)


@dataclass(frozen=True, kw_only=True)
class MoveScene:
    """Puts a scene elsewhere; the place counts without it."""

    id: str
    at: int
    op: Literal["MoveScene"] = "MoveScene"

    def change(self, draft: Draft) -> "MoveScene":
        """Does it; what takes it back. Raises InputError."""
        scene, at = draft.scenes.take(self.id)
        draft.scenes.insert(self.at, scene)
        return MoveScene(id=self.id, at=at)


@dataclass(frozen=True, kw_only=True)
class EditScene:
    """All of a scene but its panels."""

    id: str
    heading: str
    number: str
    notes: str
    op: Literal["EditScene"] = "EditScene"

    def change(self, draft: Draft) -> "EditScene":
        """Does it; what takes it back. Raises InputError."""
        old = draft.scenes[self.id]
        edited = replace(old, heading=self.heading, number=self.number, notes=self.notes)
        draft.scenes.put(edited)
        return EditScene(id=old.id, heading=old.heading, number=old.number, notes=old.notes)
