"""Whole runs against the loopback server, with quick limits."""

import asyncio
from collections.abc import Iterable
from typing import Any

from cut2next.annotation.annotating import annotate
from cut2next.annotation.annotator import Annotator, Reply
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.limits import Limits
from cut2next.annotation.outcome import Outcome
from cut2next.annotation.question import CutImages, Question

QUICK = Limits(first_wait=0.01, timeout=5.0, retries=3)
ONE = Limits(at_once=1, first_wait=0.01, timeout=5.0, retries=3)


def run(
    asked: Iterable[CutImages], annotator: Annotator, cache: AnswerCache, limits: Limits
) -> dict[str, Outcome]:
    """What became of each cut, by its id."""
    return {outcome.id: outcome for outcome in annotate(asked, annotator, cache, limits)}


def ask_once(annotator: Annotator, question: Question[Any]) -> Reply:
    """One question, and the connections are let go."""

    async def ask() -> Reply:
        try:
            return await annotator.ask(question)
        finally:
            await annotator.close()

    return asyncio.run(ask())
