"""Asks questions through all that can go wrong on the way; every answer goes into the cache first.

A server's faults (busy, broken, silent, cut off) are waited out and retried; what an answer lacks
is asked for again, alone, and with more room where there was not enough. How often is bounded, and
counted in the cache, so that a run that was killed goes on exactly as an unbroken one would.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from weakref import WeakValueDictionary

from cut2next.annotation.annotator import Annotator, Reply
from cut2next.annotation.cache import AnswerCache, Received
from cut2next.annotation.faults import Declined, NotAccepted, TryLater, Unanswered
from cut2next.annotation.history import History
from cut2next.annotation.instructions import VERSION
from cut2next.annotation.limits import Limits
from cut2next.annotation.pace import Pace, Purse
from cut2next.annotation.question import LETTERS_A_TOKEN, Answer, Question
from cut2next.annotation.reading import Missing, read_answers
from cut2next.film import Cut2NextError, InputError


class Asker:
    """Brings answers, from the cache or from the annotator; lives on one event loop."""

    def __init__(self, annotator: Annotator, cache: AnswerCache, limits: Limits) -> None:
        self._annotator = annotator
        self._cache = cache
        self._limits = limits
        bounds = [limits.at_once, annotator.most_at_once or limits.at_once]
        self._seats = asyncio.Semaphore(min(bounds))
        self._pace = Pace(limits.a_minute)
        self._purse = Purse(limits, cache, annotator.model)
        self._chance = Random(0)
        self._failures = 0
        self._stopped: Cut2NextError | None = None
        self._is_checked = False
        self._checking = asyncio.Lock()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._given_up: dict[str, int] = {}

    async def answer(self, question: Question[Answer]) -> Answer:
        """The answer, asked for where the cache has none.

        Raises Declined, Unanswered or BudgetReached; InputError for what stops everything.
        """
        key = question.key(self._annotator.model)
        # Two cuts may ask the same: the second waits for the first one's answer.
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                history = self._history(question, key)
                while not history.is_settled(self._limits, self._given_up.get(key, 0)):
                    await self._check()
                    await self._ask_patiently(history, key)
                    history = self._history(question, key)
        except Cut2NextError as error:
            self._stopped = error
            raise
        if history.refusal is not None:
            raise Declined(history.refusal)
        if isinstance(history.reading, Missing):
            raise Unanswered(history.fault)
        return history.reading

    async def _check(self) -> None:
        """Looks whether there is anybody to ask, once, before the first question of all."""
        async with self._checking:
            if self._stopped is not None:
                raise self._stopped
            if not self._is_checked:
                await self._annotator.check()
                self._is_checked = True

    def _history(self, question: Question[Answer], key: str) -> History[Answer]:
        """All answers so far; those that an earlier run gave up with are noted once."""
        history = History(question, self._cache.answers(key))
        if self._limits.again:
            self._given_up.setdefault(key, len(history))
        return history

    async def _ask_patiently(self, history: History[Answer], key: str) -> None:
        """One answer, fitting or not, after as many tries as it takes and the limits allow."""
        question, waits = history.next_question(), self._waits()
        while True:
            try:
                await self._ask(question, key, history)
            except TryLater as error:
                if error.perhaps_paid:
                    self._purse.lose(question)
                await self._wait_out(error, next(waits, None))
            except NotAccepted as error:
                self._count_failure(error)
                raise Unanswered("; ".join(filter(None, (history.fault, str(error))))) from error
            else:
                self._failures = 0
                return

    async def _ask(self, question: Question[Answer], key: str, history: History[Answer]) -> None:
        """One try, within all limits; what arrives is in the cache before anything else is done."""
        async with self._seats:
            if self._stopped is not None:
                raise self._stopped  # another question has met what stops everything
            with self._purse.promised(question):
                await self._pace.turn()
                try:
                    async with asyncio.timeout(self._limits.timeout):
                        reply = await self._annotator.ask(question)
                except TimeoutError as error:
                    reason = f"no whole answer within {self._limits.timeout:g} s"
                    raise TryLater(reason, perhaps_paid=True) from error
                self._cache.add(self._received(question, key, history, reply))

    def _received(
        self, question: Question[Answer], key: str, history: History[Answer], reply: Reply
    ) -> Received:
        # Half a character, as in an answer cut off in an emoji, is nothing a file can hold.
        raw = reply.raw.encode(errors="replace").decode()
        reading = read_answers([*history.raws, raw], question.schema)
        # A server that does not tell what it took is taken to have taken what was expected.
        expected = max(question.tokens_out, len(raw) // LETTERS_A_TOKEN)
        return Received(
            key=key,
            model=self._annotator.model,
            instructions=VERSION,
            schema_name=question.schema.__name__,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            attempt=len(history) + 1,
            raw=raw,
            tokens_in=reply.tokens_in or question.tokens_in,
            tokens_out=reply.tokens_out or expected,
            refusal=reply.refusal,
            fault=str(reading) if isinstance(reading, Missing) else None,
            cut_off=reply.cut_off,
        )

    def _waits(self) -> Iterator[float]:
        """Seconds between tries, doubled each time, spread so that all do not return at once."""
        for number in range(self._limits.retries):
            wait = self._limits.first_wait * 2**number * self._chance.uniform(0.5, 1.5)
            yield min(wait, self._limits.longest_wait)

    async def _wait_out(self, error: TryLater, wait: float | None) -> None:
        """Waits before the next try; raises when there is to be none."""
        if wait is None:
            self._count_failure(error)
            raise Unanswered(str(error)) from error
        if error.seconds is None:
            await asyncio.sleep(wait)
        elif error.seconds <= self._limits.longest_wait:
            self._pace.hold(error.seconds)
        else:
            raise InputError(
                f"{self._annotator.model}: {error}; it asks to wait {error.seconds:.0f} s",
                expected=f"at most {self._limits.longest_wait:g} s",
                hint="run again then: what is answered is kept",
            ) from error

    def _count_failure(self, error: Exception) -> None:
        self._failures += 1
        if self._failures >= self._limits.failures_in_a_row:
            raise InputError(
                f"{self._annotator.model}: {self._failures} questions in a row failed ({error})",
                expected="answers",
                hint="run again when they come: what is answered is kept",
            ) from error
