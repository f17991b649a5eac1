"""What makes the pictures of jobs, wherever it runs: here, or on other machines."""

from collections.abc import Callable, Sequence
from typing import Protocol

from cut2next.makers.maker import MakerError
from cut2next.studio.store.job import Job

StepTold = Callable[[int, int], None]
"""Told how many of how many steps are done; called on the loop that asked."""


class MakerEnded(MakerError):
    """Its process ended in the midst of a job, which may be tried again."""


class Engine(Protocol):
    """Makes as many pictures at a time as it has devices."""

    @property
    def devices(self) -> int:
        """How many jobs may run at a time."""

    async def run(self, job: Job, pictures: Sequence[bytes], step: StepTold) -> bytes:
        """The PNG of a job's next shot, made of the files of its earlier shots and current one.

        Raises MakerEnded, or another Cut2NextError, in a sentence, where there is none.
        Cancelled, it ends soon, and nothing of it goes on.
        """

    async def close(self) -> None:
        """Ends all that it began."""
