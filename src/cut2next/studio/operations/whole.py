"""Operations on what concerns all of a board: who is in it, its frame and its rate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from cut2next.film import InputError
from cut2next.studio.board import Board, Figure, Numbering
from cut2next.studio.operations.places import inserted, place_of, without


@dataclass(frozen=True, kw_only=True)
class PutFigure:
    """A figure, new or in the place of the one with its id; `at` is its place, from 0."""

    figure: Figure
    at: int | None = None
    op: Literal["PutFigure"] = "PutFigure"

    def _applied(self, board: Board) -> Board:
        places = {figure.id: place for place, figure in enumerate(board.figures)}
        old = places.get(self.figure.id)
        others = board.figures if old is None else without(board.figures, old)
        last = len(others) if old is None else old
        at = last if self.at is None else self.at
        return replace(board, figures=inserted(others, at, self.figure))

    def _inverse(self, board: Board) -> "PutFigure | RemoveFigure":
        for at, old in enumerate(board.figures):
            if old.id == self.figure.id:
                return PutFigure(figure=old, at=at)
        return RemoveFigure(id=self.figure.id)


@dataclass(frozen=True, kw_only=True)
class RemoveFigure:
    """Takes a figure off; panels that name it stay as they are."""

    id: str
    op: Literal["RemoveFigure"] = "RemoveFigure"

    def _applied(self, board: Board) -> Board:
        at = place_of(board.figures, self.id, "figure")
        return replace(board, figures=without(board.figures, at))

    def _inverse(self, board: Board) -> PutFigure:
        at = place_of(board.figures, self.id, "figure")
        return PutFigure(figure=board.figures[at], at=at)


@dataclass(frozen=True, kw_only=True)
class EditBoard:
    """What concerns all of a board, but its rate."""

    title: str
    width: int
    height: int
    numbering: Numbering
    op: Literal["EditBoard"] = "EditBoard"

    def _applied(self, board: Board) -> Board:
        return replace(
            board,
            title=self.title,
            width=self.width,
            height=self.height,
            numbering=self.numbering,
        )

    def _inverse(self, board: Board) -> "EditBoard":
        return EditBoard(
            title=board.title, width=board.width, height=board.height, numbering=board.numbering
        )


@dataclass(frozen=True, kw_only=True)
class SetRate:
    """Another rate, and how many of its frames each panel lasts; `at_rate` makes one."""

    rate: Fraction
    frames: Mapping[str, int]
    """Of every panel, by id."""
    op: Literal["SetRate"] = "SetRate"

    def _applied(self, board: Board) -> Board:
        if self.frames.keys() != board.by_id.keys():
            raise InputError(
                f"frames of {len(self.frames)} panels",
                expected=f"of all {len(board.by_id)} on the board",
                hint="load the board again",
            )
        scenes = (
            replace(
                scene,
                panels=tuple(replace(each, frames=self.frames[each.id]) for each in scene.panels),
            )
            for scene in board.scenes
        )
        return replace(board, rate=self.rate, scenes=tuple(scenes))

    def _inverse(self, board: Board) -> "SetRate":
        return SetRate(rate=board.rate, frames={panel.id: panel.frames for panel in board.panels})


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
