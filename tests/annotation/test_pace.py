import asyncio
import time

import pytest
from tests.annotation.scripted import CUT_ANSWER
from tests.annotation.stills import cuts

from cut2next.annotation.cache import AnswerCache, Received
from cut2next.annotation.faults import BudgetReached
from cut2next.annotation.limits import Limits, Prices
from cut2next.annotation.pace import Pace, Purse
from cut2next.annotation.question import cut_question

QUESTION = cut_question(cuts(1)[0], None)
PRICES = Prices(per_million_in=1e6, per_million_out=0.0)
"""One unit of money a token of the question."""
COST = QUESTION.tokens_in


def _purse(budget: float, cache: AnswerCache) -> Purse:
    return Purse(Limits(prices=PRICES, budget=budget), cache, "a-model")


def test_turns_are_evenly_spaced() -> None:
    async def turns() -> list[float]:
        pace, times = Pace(60 / 0.02), []
        for _ in range(4):
            await pace.turn()
            times.append(time.monotonic())
        return times

    times = asyncio.run(turns())
    assert times[-1] - times[0] >= 3 * 0.02


def test_a_pause_holds_everybody_up() -> None:
    async def paused() -> float:
        pace = Pace(None)
        await pace.turn()
        pace.hold(0.1)
        pace.hold(0.01)  # a shorter one takes nothing back
        started = time.monotonic()
        await asyncio.gather(pace.turn(), pace.turn())
        return time.monotonic() - started

    assert asyncio.run(paused()) >= 0.09


def test_promises_count_while_they_last(cache: AnswerCache) -> None:
    purse = _purse(1.5 * COST, cache)
    with purse.promised(QUESTION), pytest.raises(BudgetReached), purse.promised(QUESTION):
        pytest.fail("more was promised than there is")
    with purse.promised(QUESTION):
        pass


def test_what_was_lost_is_spent(cache: AnswerCache) -> None:
    purse = _purse(1.5 * COST, cache)
    purse.lose(QUESTION)
    with pytest.raises(BudgetReached), purse.promised(QUESTION):
        pytest.fail("lost money was spent again")


def test_the_answers_of_earlier_runs_are_paid_for(cache: AnswerCache) -> None:
    received = Received(
        key="0" * 64,
        model="a-model",
        instructions=1,
        schema_name="CutAnswer",
        time="2026-01-01T00:00:00+00:00",
        attempt=1,
        raw=CUT_ANSWER,
        tokens_in=COST,
        tokens_out=0,
    )
    cache.add(received)
    with pytest.raises(BudgetReached), _purse(1.5 * COST, cache).promised(QUESTION):
        pytest.fail("the ledger was forgotten")
    other_model = Purse(Limits(prices=PRICES, budget=1.5 * COST), cache, "another")
    with other_model.promised(QUESTION):
        pass


def test_without_a_budget_everything_may_be_asked(cache: AnswerCache) -> None:
    purse = Purse(Limits(prices=PRICES), cache, "a-model")
    with purse.promised(QUESTION), purse.promised(QUESTION):
        purse.lose(QUESTION)
