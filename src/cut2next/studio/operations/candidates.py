"""Operations on candidates: these come by jobs, at any time, and no undo takes them away."""

from dataclasses import dataclass, replace
from typing import Literal

from cut2next.studio.board import Board, Candidate
from cut2next.studio.operations.places import inserted, place_of, without


@dataclass(frozen=True, kw_only=True)
class AddCandidate:
    """A candidate, whether its panel is there or not; the last, unless `at` says where."""

    candidate: Candidate
    at: int | None = None
    op: Literal["AddCandidate"] = "AddCandidate"

    def _applied(self, board: Board) -> Board:
        at = len(board.candidates) if self.at is None else self.at
        return replace(board, candidates=inserted(board.candidates, at, self.candidate))

    def _inverse(self, board: Board) -> "DropCandidate":
        return DropCandidate(id=self.candidate.id)


@dataclass(frozen=True, kw_only=True)
class DropCandidate:
    """Takes a candidate off; a panel that has its picture keeps that."""

    id: str
    op: Literal["DropCandidate"] = "DropCandidate"

    def _applied(self, board: Board) -> Board:
        at = place_of(board.candidates, self.id, "candidate")
        return replace(board, candidates=without(board.candidates, at))

    def _inverse(self, board: Board) -> AddCandidate:
        at = place_of(board.candidates, self.id, "candidate")
        return AddCandidate(candidate=board.candidates[at], at=at)
