"""Any operation: told apart by `op`, applied, taken back, written as JSON and read."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator

from cut2next.studio.as_json import from_json, to_json
from cut2next.studio.board import Board
from cut2next.studio.operations.candidates import AddCandidate, DropCandidate
from cut2next.studio.operations.draft import Draft
from cut2next.studio.operations.panels import EditPanel, InsertPanel, Keep, MovePanel, RemovePanel
from cut2next.studio.operations.scenes import EditScene, InsertScene, MoveScene, RemoveScene
from cut2next.studio.operations.whole import EditBoard, PutFigure, RemoveFigure, SetRate

Single = (
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

    operations: tuple[Annotated[Single, Discriminator("op")], ...]
    op: Literal["Several"] = "Several"

    def change(self, draft: Draft) -> "Several":
        """Does it; what takes it back. Raises InputError."""
        inverses = [each.change(draft) for each in self.operations]
        return Several(operations=tuple(reversed(inverses)))


Aside = AddCandidate | DropCandidate
"""What is not undone."""
Operation = Single | Several | Aside
"""Anything that can be done to a board."""
OPERATION: Any = Annotated[Operation, Discriminator("op")]
"""The same, told apart by `op`: for JSON, and as the type of a body."""
ASIDE = (AddCandidate, DropCandidate)


def done(board: Board, operation: Operation) -> tuple[Board, Operation]:
    """The board after an operation, and what takes that back: `apply(*done(b, o)) == b`.

    Only the board that comes of it is checked, not those between the parts of `Several`.
    Raises InputError where the operation does not fit the board.
    """
    draft = Draft(board)
    inverse = operation.change(draft)
    return draft.board(), inverse


def apply(board: Board, operation: Operation) -> Board:
    """The board after an operation. Raises InputError where that does not fit the board."""
    return done(board, operation)[0]


def operation_to_json(operation: Operation) -> Any:
    """Values that `json` writes."""
    return to_json(operation)


def operation_from_json(told: Any) -> Operation:
    """What `operation_to_json` told. Raises InputError, naming the field, for anything else."""
    operation: Operation = from_json(OPERATION, told)
    return operation
