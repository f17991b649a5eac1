"""Operations on panels."""

from dataclasses import dataclass, replace
from typing import Literal

from cut2next.studio.board import Panel
from cut2next.studio.operations.draft import Draft


@dataclass(frozen=True, kw_only=True)
class InsertPanel:
    """A new panel, at a place from 0 in a scene."""

    panel: Panel
    scene: str
    at: int
    op: Literal["InsertPanel"] = "InsertPanel"

    def change(self, draft: Draft) -> "RemovePanel":
        """Does it; what takes it back. Raises InputError."""
        draft.insert_panel(self.scene, self.at, self.panel)
        return RemovePanel(id=self.panel.id)


@dataclass(frozen=True, kw_only=True)
class RemovePanel:
    """Takes a panel off; its candidates stay, should it come back."""

    id: str
    op: Literal["RemovePanel"] = "RemovePanel"

    def change(self, draft: Draft) -> InsertPanel:
        """Does it; what takes it back. Raises InputError."""
        panel, scene, at = draft.take_panel(self.id)
        return InsertPanel(panel=panel, scene=scene, at=at)


@dataclass(frozen=True, kw_only=True)
class MovePanel:
    """Puts a panel elsewhere; the place counts without it."""

    id: str
    scene: str
    at: int
    op: Literal["MovePanel"] = "MovePanel"

    def change(self, draft: Draft) -> "MovePanel":
        """Does it; what takes it back. Raises InputError."""
        panel, scene, at = draft.take_panel(self.id)
        draft.insert_panel(self.scene, self.at, panel)
        return MovePanel(id=self.id, scene=scene, at=at)


@dataclass(frozen=True, kw_only=True)
class EditPanel:
    """A panel in the place of the one with its id, whole."""

    panel: Panel
    op: Literal["EditPanel"] = "EditPanel"

    def change(self, draft: Draft) -> "EditPanel":
        """Does it; what takes it back. Raises InputError."""
        return EditPanel(panel=draft.put_panel(self.panel))


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Gives a panel a candidate's picture, what that shows, and the way it was made.

    Its own seed stays, locked or not: with the candidate's, more of it would be the same again.
    """

    panel: str
    candidate: str
    op: Literal["Keep"] = "Keep"

    def change(self, draft: Draft) -> EditPanel:
        """Does it; what takes it back. Raises InputError."""
        old, kept = draft.panel(self.panel), draft.candidates[self.candidate]
        way = replace(kept.way, seed=old.way.seed)
        panel = replace(old, picture=kept.picture, shows=kept.prompt.next, way=way)
        return EditPanel(panel=draft.put_panel(panel))
