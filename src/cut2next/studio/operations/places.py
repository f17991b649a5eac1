"""Parts of a board by name and by place, and tuples with one more, one less or another."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.studio.board import Board, Panel


class _Named(Protocol):
    @property
    def id(self) -> str: ...


Part = TypeVar("Part", bound=_Named)


def place_of(parts: Sequence[_Named], id: str, of: str) -> int:
    """Where the one of that name is. Raises InputError when it is not there."""
    for place, part in enumerate(parts):
        if part.id == id:
            return place
    raise InputError(
        f"no {of} {one_line(repr(id), 60)}",
        expected="one that is on the board",
        hint="it may have been taken off; load the board again",
    )


def inserted(parts: tuple[Part, ...], at: int, part: Part) -> tuple[Part, ...]:
    """One more, before the one at a place. Raises InputError when there is no such place."""
    if not 0 <= at <= len(parts):
        raise InputError(
            f"the place {at} among {len(parts)}",
            expected=f"0 to {len(parts)}",
            hint="load the board again",
        )
    return (*parts[:at], part, *parts[at:])


def without(parts: tuple[Part, ...], at: int) -> tuple[Part, ...]:
    """One less."""
    return parts[:at] + parts[at + 1 :]


def put_at(parts: tuple[Part, ...], at: int, part: Part) -> tuple[Part, ...]:
    """Another in the place of one."""
    return (*parts[:at], part, *parts[at + 1 :])


def place_of_panel(board: Board, id: str) -> tuple[int, int]:
    """Places of its scene, and of it there. Raises InputError when it is not there."""
    for place, scene in enumerate(board.scenes):
        for at, panel in enumerate(scene.panels):
            if panel.id == id:
                return place, at
    return 0, place_of((), id, "panel")


def with_panels(board: Board, scene: int, panels: tuple[Panel, ...]) -> Board:
    """The board with other panels in the scene at a place."""
    changed = replace(board.scenes[scene], panels=panels)
    return replace(board, scenes=put_at(board.scenes, scene, changed))
