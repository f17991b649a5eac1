"""A job: one next shot that is asked for, with all that it is made from, and how far it is."""

from dataclasses import dataclass
from enum import Enum

from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError
from cut2next.film.fields import check_fields
from cut2next.studio.board import Picture, Way
from cut2next.studio.checks import check_id, check_line

NOW, TONIGHT = 0, 1
"""Priorities: what waits for tonight waits for all that does not."""
TRIES = 3
"""How often what makes a picture may end with its process before the job is given up."""


class State(Enum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self not in (State.WAITING, State.RUNNING)


@dataclass(frozen=True, kw_only=True)
class EarlierPanel:
    """What came before a current shot."""

    picture: Picture
    prompt: IndividualPrompt

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """All that a picture is made from, frozen when it is asked for: later edits change nothing."""

    maker: str
    """As it is called."""
    picture: Picture
    """The current shot's."""
    prompt: HierarchicalPrompt
    way: Way
    """With a seed."""
    size: tuple[int, int]
    """Width and height of the picture to make, pixels."""
    earlier: tuple[EarlierPanel, ...] = ()
    """What came before the current shot, for weights that read more than that."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_line(self.maker, "a maker")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One picture to make."""

    id: str
    panel: str | None
    """That the result may go to; None for a picture that is no panel's."""
    asked: Asked
    priority: int = NOW
    state: State = State.WAITING
    step: int = 0
    steps: int = 0
    """Of how many; 0 until that is known."""
    tries: int = 0
    """How often its maker, or the whole server, has ended while it ran."""
    error: str = ""
    """A sentence, once it failed."""
    candidate: str | None = None
    """What came of it."""
    device: int | None = None
    """That it runs on, or ran on last."""
    made: str = ""
    """When it was asked for, as all times in UTC: "2026-08-01T12:00:00.000Z"; the store's."""
    begun: str | None = None
    ended: str | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        check_id(self.id, "a job")
        if self.panel is not None:
            check_id(self.panel, "a panel")
        if self.priority not in (NOW, TONIGHT):
            raise InputError(
                f"priority={self.priority}", expected="0 or 1", hint="0 is now, 1 tonight"
            )
