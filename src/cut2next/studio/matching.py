"""Which panel of a board is which of one that came back, and which of them stand where they stood.

An edit keeps what it can of a panel's name: its id, where the format holds one; else the footage,
the picture, what is said and done, or the number.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias

from cut2next.studio.board import Board, Media, Panel
from cut2next.studio.numbering import numbers

_Span: TypeAlias = tuple[int, int]


def matches(board: Board, came: Board) -> Mapping[str, str]:
    """Ids of panels that came, to ids of those they are; what is new is not among them.

    Both boards have the same rate. Where several are alike, the first is the first.
    """
    found = {id: id for id in came.by_id if id in board.by_id}
    _by_media(board, came, found)
    _by_key(board, came, found, lambda panel: panel.picture and panel.picture.sha256)
    _by_key(board, came, found, lambda panel: (panel.dialogue, panel.action))
    told = {**{panel.id: panel.number for panel in came.panels}, **numbers(board)}
    _by_key(board, came, found, lambda panel: told[panel.id])
    return found


def standing(places: Iterable[int]) -> set[int]:
    """Of places that nobody has twice, the most that are in rising order already."""
    ends: list[int] = []  # for each length, the least place that such a row ends with
    before: dict[int, int | None] = {}
    for place in places:
        length = bisect_left(ends, place)
        before[place] = ends[length - 1] if length else None
        ends[length : length + 1] = [place]
    row: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        row.add(last)
        last = before[last]
    return row


def _rest(board: Board, taken: Iterable[str]) -> list[Panel]:
    known = set(taken)
    return [panel for panel in board.panels if panel.id not in known]


def _by_key(
    board: Board, came: Board, found: dict[str, str], key: Callable[[Panel], Hashable]
) -> None:
    """Matches the rest where a key is the same, and not empty."""
    waiting: dict[Hashable, list[Panel]] = {}
    for panel in _rest(board, found.values()):
        waiting.setdefault(key(panel), []).append(panel)
    for empty in (None, "", ("", "")):
        waiting.pop(empty, None)
    for panel in _rest(came, found):
        if alike := waiting.get(key(panel)):
            found[panel.id] = alike.pop(0).id


def _by_media(board: Board, came: Board, found: dict[str, str]) -> None:
    """Matches the rest where the same footage is shown, by the most of it that both have."""
    waiting: dict[str, list[tuple[_Span, str]]] = {}
    for panel in _rest(board, found.values()):
        if panel.media is not None:
            span = _span(panel, panel.media, board.rate)
            waiting.setdefault(panel.media.url, []).append((span, panel.id))
    for panel in _rest(came, found):
        if panel.media is not None and (alike := waiting.get(panel.media.url)):
            start, end = _span(panel, panel.media, came.rate)
            shared = [min(end, other[1]) - max(start, other[0]) for other, _ in alike]
            if max(shared) > 0:
                _, found[panel.id] = alike.pop(shared.index(max(shared)))


def _span(panel: Panel, media: Media, rate: Fraction) -> _Span:
    """Of the footage that a panel shows. Whole microseconds, which compare fast, will do."""
    return int(media.start * 10**6), int((media.start + panel.frames / rate) * 10**6)
