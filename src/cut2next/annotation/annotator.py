"""What can be asked: the face that a service, a server and a local model share."""

from dataclasses import dataclass
from typing import Any, Protocol

from cut2next.annotation.question import Question


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back whole, and what it took."""

    raw: str
    """The model's words, untouched."""
    tokens_in: int
    tokens_out: int
    """With those that the model thought in."""
    refusal: str | None = None
    """Why the model or its guard will not answer; asking again would not help."""
    cut_off: bool = False
    """Whether there was no room for more words."""


class Annotator(Protocol):
    """Asks one vision-language model, once; retries and limits are `asking`'s."""

    @property
    def model(self) -> str:
        """Which model: a part of the key that answers are kept under."""

    @property
    def most_at_once(self) -> int | None:
        """How many questions it can take at a time, where that is bounded."""

    async def ask(self, question: Question[Any]) -> Reply:
        """The model's reply.

        Raises TryLater, NotAccepted, or InputError for what stops everything: a wrong key, no such
        model.
        """

    async def close(self) -> None:
        """Lets connections go; the next `ask` makes new ones, on whatever loop it runs."""
