"""Limits are kept: how many at once, how often, for how much; and stopping loses nothing."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.annotation.runs import QUICK, run
from tests.annotation.server import (
    TOKENS_IN,
    TOKENS_OUT,
    Fault,
    LoopbackServer,
    gemini,
    openai_compatible,
)
from tests.annotation.stills import cuts, still

from cut2next.annotation.annotating import annotate
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.estimate import estimate
from cut2next.annotation.limits import Limits, Prices
from cut2next.annotation.outcome import Annotated, NotAsked
from cut2next.annotation.question import CutImages
from cut2next.film import InputError

PRICES = Prices(per_million_in=1.0, per_million_out=10.0)
ANSWER_COSTS = PRICES.money(TOKENS_IN, TOKENS_OUT)


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_are_under_way_than_may(
    at_once: int, server: LoopbackServer, cache: AnswerCache
) -> None:
    server.latency = 0.02
    run(cuts(8), gemini(server), cache, Limits(at_once=at_once))
    assert server.most_at_once == at_once


def test_requests_keep_their_distance(server: LoopbackServer, cache: AnswerCache) -> None:
    server.script = [None, Fault(status=500)]
    limits = Limits(a_minute=60 / 0.1, first_wait=0.001)
    run(cuts(3), openai_compatible(server), cache, limits)
    assert len(server.times) == 10
    # The first may arrive late on a busy machine: nine gaps, less one.
    assert server.times[-1] - server.times[0] >= 0.1 * 8


def test_the_budget_is_kept_over_all_runs(server: LoopbackServer, cache: AnswerCache) -> None:
    budget = 12 * ANSWER_COSTS
    limits = Limits(at_once=2, prices=PRICES, budget=budget)
    for _ in range(2):
        outcomes = run(cuts(20), gemini(server), cache, limits)
        kinds = Counter(type(outcome) for outcome in outcomes.values())
        assert set(kinds) == {Annotated, NotAsked}
        assert 2 <= kinds[Annotated] <= 4
        assert len(outcomes) == 20
        paid = len(server.answered) * ANSWER_COSTS
        assert budget / 2 < paid <= budget
    more = Limits(at_once=2, prices=PRICES, budget=100 * ANSWER_COSTS)
    outcomes = run(cuts(20), gemini(server), cache, more)
    assert {type(outcome) for outcome in outcomes.values()} == {Annotated}
    assert len(server.answered) == 60


def test_answers_that_were_lost_count_as_spent(server: LoopbackServer, cache: AnswerCache) -> None:
    server.always = Fault(silent=True)
    first = estimate(cuts(1), gemini(server), cache, Limits(prices=PRICES)).money
    assert first is not None
    limits = Limits(timeout=0.4, first_wait=0.01, retries=9, prices=PRICES, budget=first)
    assert run(cuts(1), gemini(server), cache, limits) == {"cut 0": NotAsked(id="cut 0")}
    assert 1 < len(server.asked) <= 4


def test_the_estimate_counts_what_is_not_answered(
    server: LoopbackServer, cache: AnswerCache
) -> None:
    limits = Limits(prices=PRICES)
    annotator = gemini(server)
    before = estimate(cuts(4), annotator, cache, limits)
    assert not server.asked
    assert (before.cuts, before.questions) == (4, 12)
    assert before.money == PRICES.money(before.tokens_in, before.tokens_out)
    run(cuts(3), annotator, cache, limits)
    after = estimate(cuts(4), annotator, cache, limits)
    assert (after.cuts, after.questions) == (4, 3)
    assert after.tokens_in * 4 == before.tokens_in
    assert estimate(cuts(3), annotator, cache, Limits()).questions == 0


def test_the_same_question_is_asked_once(server: LoopbackServer, cache: AnswerCache) -> None:
    server.latency = 0.05
    twins = [CutImages(id=str(n), current=still(1), next=still(2)) for n in range(6)]
    outcomes = run(twins, gemini(server), cache, QUICK)
    assert len(outcomes) == 6
    assert sorted(server.asked) == sorted(set(server.asked))
    assert len(server.asked) == 3


def test_cuts_are_taken_only_a_few_ahead(server: LoopbackServer, cache: AnswerCache) -> None:
    taken = 0

    def endless() -> Iterator[CutImages]:
        nonlocal taken
        for cut in cuts(1000):
            taken += 1
            yield cut

    outcomes = annotate(endless(), gemini(server), cache, Limits(at_once=2))
    for got in range(1, 6):
        next(outcomes)
        assert taken <= got + 4
    outcomes.close()
    assert threading.active_count() < 20


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, though a shell that works in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_promptly_and_keeps_what_came(
    server: LoopbackServer, cache: AnswerCache
) -> None:
    server.script = [None] * 6
    server.always = Fault(silent=True)
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(cuts(9), gemini(server), cache, Limits(at_once=3, timeout=60))
    assert time.monotonic() - started < 20
    assert len(server.answered) == 6
    server.always = None
    run(cuts(9), gemini(server), cache, QUICK)
    assert max(Counter(server.answered).values()) == 1


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="questions at once"):
        Limits(at_once=0)
    with pytest.raises(InputError, match="prices with it"):
        Limits(budget=3.0)
