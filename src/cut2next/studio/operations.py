"""What can be done to a board: operations as values, each with an exact inverse.

`apply` makes another board. `inverse` is asked for before that, of the board as it is:
`apply(apply(board, it), inverse(board, it)) == board`. Candidates come and go at any time, by jobs;
so what concerns them stands aside, off the undo stack, and no other operation depends on them once
it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Discriminator

from cut2next.studio.board import Board, Candidate, Figure, Numbering, Panel, Scene


@dataclass(frozen=True, kw_only=True)
class InsertPanel:
    """A new panel, at a place from 0 in a scene."""

    panel: Panel
    scene: str
    at: int
    op: Literal["InsertPanel"] = "InsertPanel"


@dataclass(frozen=True, kw_only=True)
class RemovePanel:
    """Takes a panel off; its candidates stay, should it come back."""

    id: str
    op: Literal["RemovePanel"] = "RemovePanel"


@dataclass(frozen=True, kw_only=True)
class MovePanel:
    """Puts a panel elsewhere; the place counts without it."""

    id: str
    scene: str
    at: int
    op: Literal["MovePanel"] = "MovePanel"


@dataclass(frozen=True, kw_only=True)
class EditPanel:
    """A panel in the place of the one with its id, whole."""

    panel: Panel
    op: Literal["EditPanel"] = "EditPanel"


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Gives a panel a candidate's picture, what that shows, and the way it was made."""

    panel: str
    candidate: str
    op: Literal["Keep"] = "Keep"


@dataclass(frozen=True, kw_only=True)
class InsertScene:
    """A new scene, which may have panels, at a place from 0."""

    scene: Scene
    at: int
    op: Literal["InsertScene"] = "InsertScene"


@dataclass(frozen=True, kw_only=True)
class RemoveScene:
    """Takes a scene off with its panels."""

    id: str
    op: Literal["RemoveScene"] = "RemoveScene"


@dataclass(frozen=True, kw_only=True)
class MoveScene:
    """Puts a scene elsewhere; the place counts without it."""

    id: str
    at: int
    op: Literal["MoveScene"] = "MoveScene"


@dataclass(frozen=True, kw_only=True)
class EditScene:
    """All of a scene but its panels."""

    id: str
    heading: str
    number: str
    notes: str
    op: Literal["EditScene"] = "EditScene"


@dataclass(frozen=True, kw_only=True)
class PutFigure:
    """A figure, new or in the place of the one with its id; `at` is its place, from 0."""

    figure: Figure
    at: int | None = None
    op: Literal["PutFigure"] = "PutFigure"


@dataclass(frozen=True, kw_only=True)
class RemoveFigure:
    """Takes a figure off; panels that name it stay as they are."""

    id: str
    op: Literal["RemoveFigure"] = "RemoveFigure"


@dataclass(frozen=True, kw_only=True)
class EditBoard:
    """What concerns all of a board, but its rate."""

    title: str
    width: int
    height: int
    numbering: Numbering
    op: Literal["EditBoard"] = "EditBoard"


@dataclass(frozen=True, kw_only=True)
class SetRate:
    """Another rate, and how many of its frames each panel lasts; `at_rate` makes one."""

    rate: Fraction
    frames: Mapping[str, int]
    """Of every panel, by id."""
    op: Literal["SetRate"] = "SetRate"


@dataclass(frozen=True, kw_only=True)
class AddCandidate:
    """A candidate, whether its panel is there or not; the last, unless `at` says where."""

    candidate: Candidate
    at: int | None = None
    op: Literal["AddCandidate"] = "AddCandidate"


@dataclass(frozen=True, kw_only=True)
class DropCandidate:
    """Takes a candidate off; a panel that has its picture keeps that."""

    id: str
    op: Literal["DropCandidate"] = "DropCandidate"


Change = (
    InsertPanel
    | RemovePanel
    | MovePanel
    | EditPanel
    | Keep
    | InsertScene
    | RemoveScene
    | MoveScene
    | EditScene
    | PutFigure
    | RemoveFigure
    | EditBoard
    | SetRate
)
"""One change of what is on the board."""


@dataclass(frozen=True, kw_only=True)
class Several:
    """Changes one after another, all or none, and one step of undo."""

    operations: tuple[Annotated[Change, Discriminator("op")], ...]
    op: Literal["Several"] = "Several"


Aside = AddCandidate | DropCandidate
"""What is not undone."""
Operation = Change | Several | Aside
"""Anything that can be done to a board."""
OPERATION: Any = Annotated[Operation, Discriminator("op")]
"""The same, told apart by `op`: for JSON, and as the type of a body."""


def apply(board: Board, operation: Operation) -> Board:
    """The board after an operation. Raises InputError where that does not fit the board."""
    raise NotImplementedError


def inverse(board: Board, operation: Operation) -> Operation:
    """What takes an operation back that is yet to be done. Raises InputError as `apply` does."""
    raise NotImplementedError
