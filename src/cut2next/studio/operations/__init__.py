"""What can be done to a board: operations as values, each with an exact inverse.

`done` makes another board, and what takes that back: `apply(*done(board, it)) == board`.
Candidates come and go at any time, by jobs; so what concerns them stands aside, off the undo stack,
and no inverse depends on them.
"""

from cut2next.studio.operations.candidates import AddCandidate, DropCandidate
from cut2next.studio.operations.operation import (
    ASIDE,
    OPERATION,
    Aside,
    Operation,
    Several,
    Single,
    apply,
    done,
    operation_from_json,
    operation_to_json,
)
from cut2next.studio.operations.panels import EditPanel, InsertPanel, Keep, MovePanel, RemovePanel
from cut2next.studio.operations.scenes import EditScene, InsertScene, MoveScene, RemoveScene
from cut2next.studio.operations.whole import (
    EditBoard,
    PutFigure,
    RemoveFigure,
    SetRate,
    at_rate,
)

__all__ = [
    "ASIDE",
    "OPERATION",
    "AddCandidate",
    "Aside",
    "DropCandidate",
    "EditBoard",
    "EditPanel",
    "EditScene",
    "InsertPanel",
    "InsertScene",
    "Keep",
    "MovePanel",
    "MoveScene",
    "Operation",
    "PutFigure",
    "RemoveFigure",
    "RemovePanel",
    "RemoveScene",
    "SetRate",
    "Several",
    "Single",
    "apply",
    "at_rate",
    "done",
    "operation_from_json",
    "operation_to_json",
]
