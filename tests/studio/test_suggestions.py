"""Suggestions by an annotator: it says what is seen, the ways to cut say what is next."""

import asyncio
from typing import Any

import pytest
from tests.studio.jobs.boards import png

from cut2next.annotation.annotator import Reply
from cut2next.annotation.question import Question
from cut2next.film import EditingPattern, IndividualPrompt, InputError
from cut2next.studio.suggestions import TEMPLATES, seen, suggested


class Scripted:
    """Answers what it is told to."""

    model, most_at_once = "scripted", 1

    def __init__(self, raw: str) -> None:
        self.raw = raw

    async def check(self) -> None: ...

    async def ask(self, question: Question[Any]) -> Reply:
        assert len(question.stills) == 1
        return Reply(raw=self.raw, tokens_in=1, tokens_out=1)

    async def close(self) -> None: ...


def test_an_annotator_says_what_is_seen() -> None:
    raw = '{"summary": "A mug on a table.", "description": "It is blue.", "attributes": {}}'
    found = asyncio.run(seen(png(), Scripted(raw)))
    assert found == IndividualPrompt(summary="A mug on a table.", description="It is blue.")


def test_one_that_says_nothing_of_use_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="scripted"):
        asyncio.run(seen(png(), Scripted("I would rather not.")))


@pytest.mark.parametrize("pattern", EditingPattern)
def test_every_way_to_cut_has_words(pattern: EditingPattern) -> None:
    shown = IndividualPrompt(summary="<Anna> (red bob) at a table")
    for current in (shown, None):
        found = suggested(current, [pattern])
        assert found.by == TEMPLATES
        assert found.prompt.next.summary
        assert found.prompt.relational.transition
    assert ("red bob" in suggested(shown, [pattern]).prompt.next.summary) == (
        pattern not in (EditingPattern.CUTAWAY, EditingPattern.SHOT_REVERSE_SHOT)
    )
