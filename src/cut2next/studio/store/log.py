"""Everything that was ever done to a board, in order, and so the board.

Each row has its operation and the inverse that it had then. To undo a row is to apply its inverse,
which makes another row; to redo is to undo that one. So nothing is ever deleted, and undo survives
whatever ends the server.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.studio.as_json import from_json, to_json
from cut2next.studio.board import Board
from cut2next.studio.operations import (
    ASIDE,
    Operation,
    apply,
    done,
    operation_from_json,
    operation_to_json,
)
from cut2next.studio.store.database import Database, no_board
from cut2next.studio.store.faults import NothingError, StaleError

Kind: TypeAlias = Literal["do", "undo", "redo", "aside"]
_EACH = 100
"""Rows between two snapshots: what is applied anew when a board is opened."""

_Stack: TypeAlias = "tuple[int, _Stack] | None"
"""Numbers of rows, the last first."""


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One row of the log: an operation that was applied to the board."""

    number: int
    """The board's version with it."""
    kind: Kind
    operation: Operation


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """The board as it is, and what belongs to it."""

    board: Board
    version: int = 0
    """The number of the last row."""
    changed: int = 0
    """The number of the last row that is not aside."""
    undos: _Stack = None
    """Rows that may be taken back."""
    redos: _Stack = None
    """Rows that took one back, and may be taken back themselves."""

    @property
    def can_undo(self) -> bool:
        """Whether something can be taken back."""
        return self.undos is not None

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back, and nothing done since."""
        return self.redos is not None

    def check_fresh(self, version: int) -> None:
        """Raises StaleError when more has changed since a version than candidates."""
        if not self.changed <= version <= self.version:
            raise StaleError(
                f"a change of version {version}, where the board has {self.version}",
                expected="one of the board as it is",
                hint="look at it, and try again",
            )

    def after(self, number: int, kind: Kind, board: Board) -> "Head":
        """With one row more. Raises NothingError for an undo or redo of nothing."""
        if kind == "aside":
            return replace(self, board=board, version=number)
        undos, redos = self.undos, self.redos
        if kind == "undo":
            undos, redos = _below(undos, kind), (number, redos)
        elif kind == "redo":
            undos, redos = (number, undos), _below(redos, kind)
        else:
            undos, redos = (number, undos), None
        return Head(board=board, version=number, changed=number, undos=undos, redos=redos)


class Log:
    """The log of one database. What writes is called within a transaction of that."""

    def __init__(self, database: Database, new: Callable[[], Board]) -> None:
        """Reads it; where there is none, begins one with a new board.

        Raises InputError for one that is damaged, OutputError when none can be begun.
        """
        self._database = database
        if not database.ask("SELECT 1 FROM snapshots LIMIT 1"):
            with database.transaction():
                self._snap(Head(board=new()))
        try:
            self.head = self._read()
        except (InputError, NothingError, ValueError) as error:
            fault = one_line(getattr(error, "got", error))
            raise no_board(database.path, f"is damaged ({fault})") from error

    def append(self, operation: Operation, kind: Kind = "do", of: int | None = None) -> Head:
        """One row more; what becomes the head once that is on the disk.

        Raises InputError where the operation does not fit, OutputError.
        """
        kind = "aside" if isinstance(operation, ASIDE) else kind
        board, back = done(self.head.board, operation)
        head = self.head.after(self.head.version + 1, kind, board)
        self._database.ask(
            "INSERT INTO log (number, kind, of, operation, inverse) VALUES (?, ?, ?, ?, ?)",
            (head.version, kind, of, _told(operation), _told(back)),
        )
        if head.version % _EACH == 0:
            self._snap(head)
        return head

    def take_back(self, kind: Literal["undo", "redo"]) -> Head:
        """A row that takes the last back, or that which took it back. Raises NothingError."""
        stack = self.head.undos if kind == "undo" else self.head.redos
        if stack is None:
            raise _nothing(kind)
        rows = self._database.ask("SELECT inverse FROM log WHERE number = ?", (stack[0],))
        return self.append(operation_from_json(json.loads(rows[0][0])), kind, stack[0])

    def since(self, version: int) -> list[Logged]:
        """Rows after a version."""
        return self._since(min(max(version, 0), self.head.version))

    def letters_since(self, version: int) -> int:
        """Of the operations after a version."""
        summed = "SELECT ifnull(sum(length(operation)), 0) FROM log WHERE number > ?"
        ((letters,),) = self._database.ask(summed, (version,))
        return int(letters)

    def _since(self, version: int) -> list[Logged]:
        rows = self._database.ask(
            "SELECT number, kind, operation FROM log WHERE number > ? ORDER BY number", (version,)
        )
        return [
            Logged(number=number, kind=kind, operation=operation_from_json(json.loads(told)))
            for number, kind, told in rows
        ]

    def snap(self) -> None:
        """Keeps the board as it is, so that it is there at once when it is opened again."""
        self._snap(self.head)

    def _snap(self, head: Head) -> None:
        self._database.ask(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?)",
            (head.version, _text(to_json(head.board))),
        )
        self._database.ask("DELETE FROM snapshots WHERE number < ?", (head.version,))

    def _read(self) -> Head:
        """The newest snapshot, and what was done since; who may undo what, from all rows."""
        ask = self._database.ask
        ((snapped, told),) = ask("SELECT number, board FROM snapshots")
        head = Head(board=from_json(Board, json.loads(told)))
        operations = {row.number: row.operation for row in self._since(snapped)}
        for number, kind in ask("SELECT number, kind FROM log ORDER BY number"):
            row = operations.get(number)
            if number != head.version + 1:
                raise ValueError(f"row {head.version + 1} is gone")
            board = head.board if row is None else apply(head.board, row)
            head = head.after(number, kind, board)
        if head.version < snapped:
            raise ValueError(f"row {head.version + 1} is gone")
        return head


def _below(stack: _Stack, kind: Kind) -> _Stack:
    if stack is None:
        raise _nothing(kind)
    return stack[1]


def _nothing(kind: Kind) -> NothingError:
    return NothingError(
        f"nothing to {kind}", expected="a change", hint=f"there is none to {kind} (any more)"
    )


def _told(operation: Operation) -> str:
    return _text(operation_to_json(operation))


def _text(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
