"""Numbers of panels, as four schemes make them.

A panel with a number of its own keeps it, and is not counted: so one that comes between 4 and 5 may
be 4A without 5 becoming 6. No number that is made is one that a panel has already.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count

from cut2next.studio.board import Board, Numbering, Panel

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def numbers(board: Board) -> Mapping[str, str]:
    """Of every panel by id, in their order."""
    taken = {panel.number for panel in board.panels if panel.number}
    return dict(_SCHEMES[board.numbering](board, taken))


def letters(place: int) -> str:
    """What follows a shot's number: A for 0, Z for 25, AA for 26."""
    before, last = divmod(place, len(_LETTERS))
    return (letters(before - 1) if before else "") + _LETTERS[last]


def shots(board: Board) -> Iterator[tuple[Panel, ...]]:
    """Panels of one shot together: one, and those that continue it. Never beyond a scene."""
    for scene in board.scenes:
        shot: list[Panel] = []
        for panel in scene.panels:
            if shot and not panel.continues:
                yield tuple(shot)
                shot = []
            shot.append(panel)
        if shot:
            yield tuple(shot)


_Numbered = Iterator[tuple[str, str]]


def _free(made: Iterator[str], taken: set[str]) -> str:
    """The next that nobody has, which is taken then."""
    free = next(each for each in made if each not in taken)
    taken.add(free)
    return free


def _plain(board: Board, taken: set[str], step: int = 1) -> _Numbered:
    made = map(str, count(step, step))
    return ((each.id, each.number or _free(made, taken)) for each in board.panels)


def _tens(board: Board, taken: set[str]) -> _Numbered:
    return _plain(board, taken, step=10)


def _lettered(board: Board, taken: set[str]) -> _Numbered:
    made = map(str, count(1))
    for first, *others in shots(board):
        number = first.number or _free(made, taken)
        yield first.id, number
        lettered = (number + letters(place) for place in count())
        for panel in others:
            yield panel.id, panel.number or _free(lettered, taken)


def _by_scene(board: Board, taken: set[str]) -> _Numbered:
    for place, scene in enumerate(board.scenes, 1):
        number = scene.number or str(place)
        made = (f"{number}-{each}" for each in count(1))
        for panel in scene.panels:
            yield panel.id, panel.number or _free(made, taken)


_SCHEMES: Mapping[Numbering, Callable[[Board, set[str]], _Numbered]] = {
    Numbering.PLAIN: _plain,
    Numbering.LETTERS: _lettered,
    Numbering.TENS: _tens,
    Numbering.SCENES: _by_scene,
}
