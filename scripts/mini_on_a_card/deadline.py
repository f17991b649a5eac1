"""Training that ends at a time instead of after so many steps."""

from dataclasses import dataclass
from time import monotonic

from cut2next.training.loop import Run


@dataclass(frozen=True)
class Deadline:
    """From when until when, by the machine's clock that all its processes share."""

    begin: float
    end: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """So many seconds from now on."""
        now = monotonic()
        return cls(now, now + seconds)

    def from_now(self) -> "Deadline":
        """What is left of it."""
        return Deadline(monotonic(), self.end)

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return monotonic() >= self.end

    @property
    def left(self) -> float:
        """The share of the time that is to come."""
        return max(0.0, self.end - monotonic()) / max(self.end - self.begin, 1e-9)

    def schedule(self, run: Run, step: int) -> float:
        """The share of the learning rate that a step takes now: as a run says, by time."""
        return run.schedule_with(step, self.left)
