"""The one shape of a step: the records of a film in, in the film's order; records out."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

Given = TypeVar("Given", contravariant=True)
Made = TypeVar("Made", covariant=True)


class Step(Protocol[Given, Made]):
    """Adds to records, leaves some out, or makes others of them; it takes no more than it needs.

    Settings are bound beforehand: `partial(with_scenes, settings=Scenes())`.
    """

    def __call__(self, records: Iterable[Given], /) -> Iterator[Made]:
        """What becomes of a film's records."""


def run_steps(records: Iterable[Any], steps: Iterable[Step[Any, Any]]) -> Iterator[Any]:
    """Sends records through one step after the other; a few at once are in memory."""
    for step in steps:
        records = step(records)
    return iter(records)
