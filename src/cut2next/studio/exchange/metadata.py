"""Our part of what other programs' files hold, as a stranger may have left it."""

from dataclasses import replace
from typing import Any

from cut2next.film import InputError
from cut2next.studio.as_json import from_json
from cut2next.studio.board import Board, Panel
from cut2next.studio.exchange.media import is_there
from cut2next.studio.pictures import PictureFolder


def told_panel(own: Any) -> Panel | None:
    """The panel that is told; None where it is none."""
    try:
        return from_json(Panel, own) if isinstance(own, dict) else None
    except InputError:
        return None


def told_board(own: Any, pictures: PictureFolder) -> Board | None:
    """What is told of a board under "board", without panels; None where that is nothing.

    Pictures of figures that are not at hand fall away.
    """
    told = own.get("board") if isinstance(own, dict) else None
    try:
        board = from_json(Board, told) if isinstance(told, dict) else None
    except InputError:
        return None
    if board is None:
        return None
    figures = tuple(
        figure
        if figure.picture is None or is_there(figure.picture, pictures)
        else replace(figure, picture=None)
        for figure in board.figures
    )
    scenes = tuple(replace(scene, panels=()) for scene in board.scenes)
    return replace(board, figures=figures, candidates=(), scenes=scenes)
