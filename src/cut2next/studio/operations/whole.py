"""Operations on what concerns all of a board: who is in it, its frame and its rate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from cut2next.film import InputError
from cut2next.studio.board import Board, Figure, Numbering
from cut2next.studio.operations.draft import Draft


@dataclass(frozen=True, kw_only=True)
class PutFigure:
    """A figure, new or in the place of the one with its id; `at` is its place, from 0."""

    figure: Figure
    at: int | None = None
    op: Literal["PutFigure"] = "PutFigure"

    def change(self, draft: Draft) -> "PutFigure | RemoveFigure":
        """Does it; what takes it back. Raises InputError."""
        if self.figure.id not in draft.figures:
            draft.figures.insert(self.at, self.figure)
            return RemoveFigure(id=self.figure.id)
        old, at = draft.figures.take(self.figure.id)
        draft.figures.insert(at if self.at is None else self.at, self.figure)
        return PutFigure(figure=old, at=at)


@dataclass(frozen=True, kw_only=True)
class RemoveFigure:
    """Takes a figure off; panels that name it stay as they are."""

    id: str
    op: Literal["RemoveFigure"] = "RemoveFigure"

    def change(self, draft: Draft) -> PutFigure:
        """Does it; what takes it back. Raises InputError."""
        figure, at = draft.figures.take(self.id)
        return PutFigure(figure=figure, at=at)


@dataclass(frozen=True, kw_only=True)
class EditBoard:
    """What concerns all of a board, but its rate."""

    title: str
    width: int
    height: int
    numbering: Numbering
    op: Literal["EditBoard"] = "EditBoard"

    def change(self, draft: Draft) -> "EditBoard":
        """Does it; what takes it back. Raises InputError."""
        old = draft.facts
        draft.facts = replace(
            old,
            title=self.title,
            width=self.width,
            height=self.height,
            numbering=self.numbering,
        )
        return EditBoard(
            title=old.title, width=old.width, height=old.height, numbering=old.numbering
        )


@dataclass(frozen=True, kw_only=True)
class SetRate:
    """Another rate, and how many of its frames each panel lasts; `at_rate` makes one."""

    rate: Fraction
    frames: Mapping[str, int]
    """Of every panel, by id."""
    op: Literal["SetRate"] = "SetRate"

    def change(self, draft: Draft) -> "SetRate":
        """Does it; what takes it back. Raises InputError."""
        panels = {panel.id: panel for panel in draft.panels}
        if self.frames.keys() != panels.keys():
            raise InputError(
                f"frames of {len(self.frames)} panels",
                expected=f"of all {len(panels)} on the board",
                hint="load the board again",
            )
        for id, panel in panels.items():
            draft.put_panel(replace(panel, frames=self.frames[id]))
        old, draft.facts = draft.facts.rate, replace(draft.facts, rate=self.rate)
        return SetRate(rate=old, frames={id: panel.frames for id, panel in panels.items()})


def at_rate(board: Board, rate: Fraction) -> SetRate:
    """The board at another rate, as near in time as that allows.

    The end of each panel is rounded from its exact time, so that nothing drifts; but each lasts a
    frame at least, which what follows makes up for.
    """
    frames: dict[str, int] = {}
    exact, end = Fraction(0), 0
    for panel in board.panels:
        exact += panel.frames * rate / board.rate
        start, end = end, max(end + 1, int(exact + Fraction(1, 2)))
        frames[panel.id] = end - start
    return SetRate(rate=rate, frames=frames)
