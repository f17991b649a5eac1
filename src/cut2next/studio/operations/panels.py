"""Operations on panels."""

from dataclasses import dataclass, replace
from typing import Literal

from cut2next.studio.board import Board, Panel
from cut2next.studio.operations.places import (
    inserted,
    place_of,
    place_of_panel,
    put_at,
    with_panels,
    without,
)


@dataclass(frozen=True, kw_only=True)
class InsertPanel:
    """A new panel, at a place from 0 in a scene."""

    panel: Panel
    scene: str
    at: int
    op: Literal["InsertPanel"] = "InsertPanel"

    def _applied(self, board: Board) -> Board:
        scene = place_of(board.scenes, self.scene, "scene")
        panels = inserted(board.scenes[scene].panels, self.at, self.panel)
        return with_panels(board, scene, panels)

    def _inverse(self, board: Board) -> "RemovePanel":
        return RemovePanel(id=self.panel.id)


@dataclass(frozen=True, kw_only=True)
class RemovePanel:
    """Takes a panel off; its candidates stay, should it come back."""

    id: str
    op: Literal["RemovePanel"] = "RemovePanel"

    def _applied(self, board: Board) -> Board:
        scene, at = place_of_panel(board, self.id)
        return with_panels(board, scene, without(board.scenes[scene].panels, at))

    def _inverse(self, board: Board) -> InsertPanel:
        place, at = place_of_panel(board, self.id)
        scene = board.scenes[place]
        return InsertPanel(panel=scene.panels[at], scene=scene.id, at=at)


@dataclass(frozen=True, kw_only=True)
class MovePanel:
    """Puts a panel elsewhere; the place counts without it."""

    id: str
    scene: str
    at: int
    op: Literal["MovePanel"] = "MovePanel"

    def _applied(self, board: Board) -> Board:
        there = RemovePanel(id=self.id)
        put = replace(there._inverse(board), scene=self.scene, at=self.at)
        return put._applied(there._applied(board))

    def _inverse(self, board: Board) -> "MovePanel":
        scene, at = place_of_panel(board, self.id)
        return MovePanel(id=self.id, scene=board.scenes[scene].id, at=at)


@dataclass(frozen=True, kw_only=True)
class EditPanel:
    """A panel in the place of the one with its id, whole."""

    panel: Panel
    op: Literal["EditPanel"] = "EditPanel"

    def _applied(self, board: Board) -> Board:
        scene, at = place_of_panel(board, self.panel.id)
        return with_panels(board, scene, put_at(board.scenes[scene].panels, at, self.panel))

    def _inverse(self, board: Board) -> "EditPanel":
        scene, at = place_of_panel(board, self.panel.id)
        return EditPanel(panel=board.scenes[scene].panels[at])


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Gives a panel a candidate's picture, what that shows, and the way it was made."""

    panel: str
    candidate: str
    op: Literal["Keep"] = "Keep"

    def _applied(self, board: Board) -> Board:
        old = self._inverse(board).panel
        kept = board.candidates[place_of(board.candidates, self.candidate, "candidate")]
        panel = replace(old, picture=kept.picture, shows=kept.prompt.next, way=kept.way)
        return EditPanel(panel=panel)._applied(board)

    def _inverse(self, board: Board) -> EditPanel:
        scene, at = place_of_panel(board, self.panel)
        return EditPanel(panel=board.scenes[scene].panels[at])
