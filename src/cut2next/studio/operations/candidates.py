"""Operations on candidates: these come by jobs, at any time, and no undo takes them away."""

from dataclasses import dataclass
from typing import Literal

from cut2next.studio.board import Candidate
from cut2next.studio.operations.draft import Draft


@dataclass(frozen=True, kw_only=True)
class AddCandidate:
    """A candidate, whether its panel is there or not; the last, unless `at` says where."""

    candidate: Candidate
    at: int | None = None
    op: Literal["AddCandidate"] = "AddCandidate"

    def change(self, draft: Draft) -> "DropCandidate":
        """Does it; what takes it back. Raises InputError."""
        draft.candidates.insert(self.at, self.candidate)
        return DropCandidate(id=self.candidate.id)


@dataclass(frozen=True, kw_only=True)
class DropCandidate:
    """Takes a candidate off; a panel that has its picture keeps that."""

    id: str
    op: Literal["DropCandidate"] = "DropCandidate"

    def change(self, draft: Draft) -> AddCandidate:
        """Does it; what takes it back. Raises InputError."""
        candidate, at = draft.candidates.take(self.id)
        return AddCandidate(candidate=candidate, at=at)
