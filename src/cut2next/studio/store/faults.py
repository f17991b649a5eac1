"""What a store refuses, each for the reason that a page tells apart."""

from cut2next.film import Cut2NextError


class ConflictError(Cut2NextError):
    """It would have been right, but not now."""


class StaleError(ConflictError):
    """The board has changed since whoever asks has seen it."""


class NothingError(ConflictError):
    """There is nothing to undo, or to redo."""


class EndedError(ConflictError):
    """The job has ended; nothing more happens to it."""


class MissingError(Cut2NextError):
    """There is no such job."""


class TooManyError(Cut2NextError):
    """More jobs wait than a store takes."""
