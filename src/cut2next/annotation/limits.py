"""How fast, how patiently and for how much money to ask."""

from dataclasses import dataclass

from cut2next.film import InputError


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Money for a million tokens, in whatever currency the budget is in."""

    per_million_in: float
    per_million_out: float

    def __post_init__(self) -> None:
        _check(self.per_million_in >= 0 and self.per_million_out >= 0, "a price", "0 or more")

    def money(self, tokens_in: int, tokens_out: int) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.per_million_in + tokens_out * self.per_million_out) / 1e6


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What asking may take."""

    at_once: int = 8
    """Questions under way."""
    a_minute: float | None = None
    """Requests a minute, those asked again included."""
    prices: Prices | None = None
    budget: float | None = None
    """Money for all answers of this model in the cache, those of earlier runs included."""
    timeout: float = 120.0
    """Seconds for one whole answer, however slowly it drips."""
    retries: int = 5
    """Times a question is asked again after a server's fault."""
    first_wait: float = 1.0
    """Seconds before the first of them, unless the server says how long; doubles each time."""
    longest_wait: float = 60.0
    """Seconds; a server that asks for more gets no further questions."""
    re_asks: int = 2
    """Times a question is asked again for what its answers lack."""
    again: bool = False
    """Questions that earlier runs have given up are asked anew."""
    failures_in_a_row: int = 16
    """Questions that a server may leave unanswered, one after the other, before asking stops."""
    largest_side: int | None = None
    """Pixels; larger stills are sent smaller."""

    def __post_init__(self) -> None:
        _check(self.at_once >= 1, "questions at once", "1 or more")
        _check(self.failures_in_a_row >= 1, "failures in a row", "1 or more")
        _check(self.a_minute is None or self.a_minute > 0, "requests a minute", "more than 0")
        _check(self.timeout > 0, "the time-out", "more than 0 seconds")
        _check(self.first_wait > 0, "the first wait", "more than 0 seconds")
        _check(self.longest_wait > 0, "the longest wait", "more than 0 seconds")
        _check(self.retries >= 0 and self.re_asks >= 0, "retries", "0 or more")
        _check(self.largest_side is None or self.largest_side >= 16, "the side", "16 or more")
        _check(self.budget is None or self.prices is not None, "a budget", "prices with it")


def _check(fine: bool, what: str, expected: str) -> None:
    if not fine:
        raise InputError(f"{what} cannot be kept to", expected=expected, hint="change it")
