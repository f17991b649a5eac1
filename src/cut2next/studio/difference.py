"""What has become of a board that was away: in an edit, in another program, in a new script.

Each change can be taken or left. What is taken becomes one operation, and so one step of undo. A
format need not hold all that a panel has: an empty text, or no picture, says nothing and changes
nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.studio.board import Board, Panel
from cut2next.studio.layout import Layout
from cut2next.studio.matching import matches, standing
from cut2next.studio.numbering import numbers
from cut2next.studio.operations import (
    EditBoard,
    EditPanel,
    PutFigure,
    RemovePanel,
    SetRate,
    Several,
    Single,
    apply,
    at_rate,
)

_TEXTS = ("number", "dialogue", "action", "notes")


class ChangeKind(Enum):
    """What has become of a panel."""

    RETIMED = "retimed"
    """It lasts longer or shorter, or shows other seconds of its footage."""
    MOVED = "moved"
    NEW = "new"
    GONE = "gone"
    EDITED = "edited"
    """Its texts or its picture are others."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change, to be taken or left."""

    id: str
    kind: ChangeKind
    panel: str
    """Its id: on the board, or of the new one."""
    words: str
    """For a person."""
    before: Panel | None
    after: Panel | None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A board, and what came of it; both at the board's rate."""

    board: Board
    came: Board

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """In the order of what came; what is gone is the last."""
        found = [change for panel in self.came.panels for change in self._of(panel)]
        known = set(self._matches.values())
        gone = (panel for panel in self.board.panels if panel.id not in known)
        return (*found, *(self._change(ChangeKind.GONE, panel, None, "is gone") for panel in gone))

    def operation(self, chosen: Collection[str]) -> Several:
        """What makes the chosen changes, by id. Raises InputError for one that is not there."""
        known = {change.id: change for change in self.changes}
        for id in chosen:
            if id not in known:
                raise InputError(
                    f"no change {one_line(repr(id), 60)}",
                    expected="changes of this import",
                    hint="import it again",
                )
        wanted = set(chosen)
        taken = [change for change in self.changes if change.id in wanted]
        return Several(
            operations=(
                *(self._whole() if taken else ()),
                *(RemovePanel(id=each.panel) for each in taken if each.kind is ChangeKind.GONE),
                *self._edits(taken),
                *self._places(taken),
            )
        )

    @cached_property
    def _matches(self) -> Mapping[str, str]:
        return matches(self.board, self.came)

    @cached_property
    def _standing(self) -> set[str]:
        """Of our panels, those that what came has in our order."""
        places = {id: place for place, id in enumerate(self.board.by_id)}
        order = (places[id] for came in self.came.by_id if (id := self._matches.get(came)))
        stand = standing(order)
        return {id for id, place in places.items() if place in stand}

    @cached_property
    def _numbers(self) -> Mapping[str, str]:
        return {**numbers(self.came), **numbers(self.board)}

    @cached_property
    def _before(self) -> Mapping[str, str | None]:
        """Of what came, the panel before each."""
        order = list(self.came.by_id)
        return dict(zip(order, [None, *order], strict=False))

    def _of(self, came: Panel) -> list[Change]:
        """What has become of one panel."""
        id = self._matches.get(came.id)
        if id is None:
            words = f"is new, {came.frames} frames"
            return [self._change(ChangeKind.NEW, None, came, words)]
        ours, changes = self.board.by_id[id], []
        timed, edited = _retimed(ours, came), _edited(ours, came)
        if timed != ours:
            words = f"lasts {timed.frames} frames, not {ours.frames}"
            if timed.frames == ours.frames:
                words = "shows another part of its footage"
            changes.append(self._change(ChangeKind.RETIMED, ours, timed, words))
        if edited != ours:
            words = f"has another {' and '.join(_unlike(ours, edited))}"
            changes.append(self._change(ChangeKind.EDITED, ours, edited, words))
        if id not in self._standing:
            changes.append(self._change(ChangeKind.MOVED, ours, ours, self._moved(came)))
        return changes

    def _moved(self, came: Panel) -> str:
        before = self._before[came.id]
        if before is None:
            return "is now the first"
        return f"now comes after {self._numbers[self._matches.get(before, before)]}"

    def _change(
        self, kind: ChangeKind, before: Panel | None, after: Panel | None, words: str
    ) -> Change:
        panel = before or after
        assert panel is not None  # for the types: there is one of them
        return Change(
            id=f"{kind.value}-{panel.id}",
            kind=kind,
            panel=panel.id,
            words=f"{self._numbers[panel.id]} {words}",
            before=before,
            after=after,
        )

    def _whole(self) -> list[Single]:
        """An empty board takes after what comes to it."""
        if self.board.by_id:
            return []
        came = self.came
        return [
            SetRate(rate=came.rate, frames={}),
            EditBoard(
                title=self.board.title or came.title,
                width=came.width,
                height=came.height,
                numbering=came.numbering,
            ),
            *(PutFigure(figure=figure) for figure in came.figures),
        ]

    def _edits(self, taken: Collection[Change]) -> list[EditPanel]:
        """One of each panel that is retimed or edited."""
        panels: dict[str, Panel] = {}
        for change in taken:
            if change.kind in (ChangeKind.RETIMED, ChangeKind.EDITED) and change.after:
                old = panels.get(change.panel, self.board.by_id[change.panel])
                into = _retimed if change.kind is ChangeKind.RETIMED else _edited
                panels[change.panel] = into(old, change.after)
        return [EditPanel(panel=panel) for panel in panels.values()]

    def _places(self, taken: Collection[Change]) -> list[Single]:
        """New and moved panels, each after the one that it came after and that is there."""
        new, gone, moved = (
            {change.panel for change in taken if change.kind is kind}
            for kind in (ChangeKind.NEW, ChangeKind.GONE, ChangeKind.MOVED)
        )
        layout = Layout(self.board, self.came, self._matches, gone=gone, moving=moved)
        before: str | None = None
        for came in self.came.panels:
            id = self._matches.get(came.id, came.id)
            if id in new:
                layout.insert(came, before)
            elif id in moved:
                layout.move(id, came.id, before)
            elif id not in self._standing:
                continue  # it was left
            before = id
        return layout.operations


def difference(board: Board, came: Board) -> Difference:
    """What has become of a board; an empty one takes the rate of what came."""
    same = board.rate == came.rate or not board.by_id
    return Difference(board=board, came=came if same else apply(came, at_rate(came, board.rate)))


def _retimed(ours: Panel, came: Panel) -> Panel:
    return replace(ours, frames=came.frames, media=came.media or ours.media)


def _edited(ours: Panel, came: Panel) -> Panel:
    texts = {name: getattr(came, name) or getattr(ours, name) for name in _TEXTS}
    is_same = came.picture is None or (
        ours.picture is not None and came.picture.sha256 == ours.picture.sha256
    )
    return replace(ours, picture=ours.picture if is_same else came.picture, **texts)


def _unlike(one: Panel, other: Panel) -> list[str]:
    return [name for name in (*_TEXTS, "picture") if getattr(one, name) != getattr(other, name)]
