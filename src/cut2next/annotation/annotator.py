"""What can be asked: the face that a service, a server and a local model share."""

import asyncio
from typing import Annotated, Any, Protocol

from pydantic import ConfigDict, Field, InstanceOf
from pydantic.dataclasses import dataclass

from cut2next.annotation.question import Question

Tokens = Annotated[int, Field(ge=0, le=10**9)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True))
class Reply:
    """What came back whole, and what it took; ValueError for what a stranger made no such thing."""

    raw: InstanceOf[str]
    """The model's words, untouched."""
    tokens_in: Tokens
    tokens_out: Tokens
    """With those that the model thought in."""
    refusal: InstanceOf[str] | None = None
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

    async def check(self) -> None:
        """Whether it can be asked, in seconds and for no money.

        Raises InputError where it cannot: no such server, a redirection, a wrong key.
        """

    async def ask(self, question: Question[Any]) -> Reply:
        """The model's reply.

        Raises TryLater, NotAccepted, or InputError for what stops everything: a wrong key, no such
        model.
        """

    async def close(self) -> None:
        """Lets connections go; the next `ask` makes new ones, on whatever loop it runs."""


def check_now(annotator: Annotator) -> None:
    """Looks whether an annotator can be asked, where no loop runs. Raises as its `check`."""

    async def check() -> None:
        try:
            await annotator.check()
        finally:
            await annotator.close()

    asyncio.run(check())
