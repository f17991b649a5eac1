"""An annotator that answers by script, at once and without a server."""

import json
from typing import Any

from cut2next.annotation.annotator import Reply
from cut2next.annotation.question import Question
from cut2next.annotation.schema import CutAnswer

CUT_ANSWER = json.dumps(
    {
        "characters": [{"name": "Anna", "look": "red bob"}],
        "scene": "<Anna> reads",
        "scene_consistency": "The same room",
        "character_consistency": "The same clothes",
        "transition": "The transition between shots is a cut-in on <Anna>",
        "patterns": ["cut-in"],
    }
)
SHOT_ANSWER = json.dumps(
    {"summary": "Close up of <Anna>", "description": "She smiles", "attributes": {"color": "warm"}}
)


class ScriptedAnnotator:
    """Gives the next reply of its script, or raises it; when that is over, answers well."""

    most_at_once: int | None = None
    model = "scripted"

    def __init__(self, *script: Reply | Exception) -> None:
        self.script = list(script)
        self.questions: list[Question[Any]] = []
        """As they were asked."""
        self.closed = False

    async def check(self) -> None:
        """It is there."""

    async def ask(self, question: Question[Any]) -> Reply:
        self.questions.append(question)
        step = self.script.pop(0) if self.script else said(_fitting(question))
        if isinstance(step, Exception):
            raise step
        return step

    async def close(self) -> None:
        self.closed = True


def said(raw: str, *, refusal: str | None = None, cut_off: bool = False, took: int = 100) -> Reply:
    return Reply(raw=raw, tokens_in=1000, tokens_out=took, refusal=refusal, cut_off=cut_off)


def _fitting(question: Question[Any]) -> str:
    return CUT_ANSWER if question.schema is CutAnswer else SHOT_ANSWER
