"""What can keep one question from its answer; none of these leaves the room.

What stops everything (a wrong key, no such model) is film's InputError instead.
"""


class TryLater(Exception):
    """No answer this time: busy, out of order, cut off, too slow."""

    def __init__(
        self, reason: str, *, seconds: float | None = None, perhaps_paid: bool = False
    ) -> None:
        super().__init__(reason)
        self.seconds = seconds
        """How long the server says to wait."""
        self.perhaps_paid = perhaps_paid
        """Whether the model may have worked although its answer did not arrive."""


class NotAccepted(Exception):
    """The server will not take this very question, now or later."""


class Declined(Exception):
    """The model or its guard will not answer this question."""


class Unanswered(Exception):
    """No usable answer came, for all patience."""


class BudgetReached(Exception):
    """The next question might cost more than is left."""
