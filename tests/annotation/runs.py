"""Whole runs against the loopback server, with quick limits."""

from collections.abc import Iterable

from cut2next.annotation import (
    Annotator,
    AnswerCache,
    CutImages,
    Limits,
    Outcome,
    annotate,
)

QUICK = Limits(first_wait=0.01, timeout=5.0, retries=3)
ONE = Limits(at_once=1, first_wait=0.01, timeout=5.0, retries=3)


def run(
    asked: Iterable[CutImages], annotator: Annotator, cache: AnswerCache, limits: Limits
) -> dict[str, Outcome]:
    """What became of each cut, by its id."""
    return {outcome.id: outcome for outcome in annotate(asked, annotator, cache, limits)}
