"""Limits in time and money while questions are under way."""

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.faults import BudgetReached
from cut2next.annotation.limits import Limits, Prices
from cut2next.annotation.question import Question


class Pace:
    """Evenly spaced turns, and a pause for all when the server asks for one."""

    def __init__(self, a_minute: float | None) -> None:
        self._gap = 60.0 / a_minute if a_minute else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Returns when the next request may go out."""
        while (wait := self._next - time.monotonic()) > 0:
            await asyncio.sleep(wait)  # meanwhile another may have gone, or a pause have begun
        self._next = time.monotonic() + self._gap

    def hold(self, seconds: float) -> None:
        """No request for so long."""
        self._next = max(self._next, time.monotonic() + seconds)


class Purse:
    """What is spent and what is promised; the cache is the ledger, so kills forget nothing."""

    def __init__(self, limits: Limits, cache: AnswerCache, model: str) -> None:
        self._prices = limits.prices or Prices(per_million_in=0, per_million_out=0)
        self._budget = math.inf if limits.budget is None else limits.budget
        self._paid = cache.tokens(model)
        self._promised = 0.0
        self._lost = 0.0

    @contextmanager
    def promised(self, question: Question[Any]) -> Iterator[None]:
        """Sets money aside for a question while it is under way.

        Raises BudgetReached when there is not enough.
        """
        cost = self._cost(question)
        paid = self._prices.money(self._paid.into, self._paid.out)
        if paid + self._lost + self._promised + cost > self._budget:
            raise BudgetReached
        self._promised += cost
        try:
            yield
        finally:
            self._promised -= cost

    def lose(self, question: Question[Any]) -> None:
        """Counts a question whose answer never arrived, though the server may bill it."""
        self._lost += self._cost(question)

    def _cost(self, question: Question[Any]) -> float:
        return self._prices.money(question.tokens_in, question.tokens_out)
