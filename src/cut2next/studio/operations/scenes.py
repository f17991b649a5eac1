"""Operations on scenes."""

from dataclasses import dataclass, replace
from typing import Literal

from cut2next.studio.board import Board, Scene
from cut2next.studio.operations.places import inserted, place_of, put_at, without


@dataclass(frozen=True, kw_only=True)
class InsertScene:
    """A new scene, which may have panels, at a place from 0."""

    scene: Scene
    at: int
    op: Literal["InsertScene"] = "InsertScene"

    def _applied(self, board: Board) -> Board:
        return replace(board, scenes=inserted(board.scenes, self.at, self.scene))

    def _inverse(self, board: Board) -> "RemoveScene":
        return RemoveScene(id=self.scene.id)


@dataclass(frozen=True, kw_only=True)
class RemoveScene:
    """Takes a scene off with its panels."""

    id: str
    op: Literal["RemoveScene"] = "RemoveScene"

    def _applied(self, board: Board) -> Board:
        return replace(board, scenes=without(board.scenes, self._inverse(board).at))

    def _inverse(self, board: Board) -> InsertScene:
        at = place_of(board.scenes, self.id, "scene")
        return InsertScene(scene=board.scenes[at], at=at)


@dataclass(frozen=True, kw_only=True)
class MoveScene:
    """Puts a scene elsewhere; the place counts without it."""

    id: str
    at: int
    op: Literal["MoveScene"] = "MoveScene"

    def _applied(self, board: Board) -> Board:
        there = RemoveScene(id=self.id)
        return replace(there._inverse(board), at=self.at)._applied(there._applied(board))

    def _inverse(self, board: Board) -> "MoveScene":
        return MoveScene(id=self.id, at=place_of(board.scenes, self.id, "scene"))


@dataclass(frozen=True, kw_only=True)
class EditScene:
    """All of a scene but its panels."""

    id: str
    heading: str
    number: str
    notes: str
    op: Literal["EditScene"] = "EditScene"

    def _applied(self, board: Board) -> Board:
        at = place_of(board.scenes, self.id, "scene")
        edited = replace(
            board.scenes[at], heading=self.heading, number=self.number, notes=self.notes
        )
        return replace(board, scenes=put_at(board.scenes, at, edited))

    def _inverse(self, board: Board) -> "EditScene":
        old = board.scenes[place_of(board.scenes, self.id, "scene")]
        return EditScene(id=old.id, heading=old.heading, number=old.number, notes=old.notes)
