"""What annotating would take, before anything is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cut2next.annotation.annotator import Annotator
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.history import History
from cut2next.annotation.limits import Limits
from cut2next.annotation.question import (
    Answer,
    CutImages,
    Question,
    cut_question,
    shot_questions,
)
from cut2next.annotation.reading import Missing
from cut2next.annotation.schema import CutAnswer


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Rough: models count tokens each in their own way, and some think aloud."""

    cuts: int
    questions: int
    """Those that the cache has no answer to."""
    tokens_in: int
    tokens_out: int
    money: float | None
    """None without prices."""


def estimate(
    cuts: Iterable[CutImages], annotator: Annotator, cache: AnswerCache, limits: Limits
) -> Estimate:
    """Counts what `annotate` would ask if all goes well; reads every still."""
    count = questions = tokens_in = tokens_out = 0
    for cut in cuts:
        count += 1
        for question in _open_questions(cut, annotator.model, cache, limits):
            questions += 1
            tokens_in += question.tokens_in
            tokens_out += question.tokens_out
    return Estimate(
        cuts=count,
        questions=questions,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        money=limits.prices.money(tokens_in, tokens_out) if limits.prices else None,
    )


def _open_questions(
    cut: CutImages, model: str, cache: AnswerCache, limits: Limits
) -> list[Question[Any]]:
    """The questions about a cut that nobody has answered yet."""

    def history(question: Question[Answer]) -> History[Answer]:
        return History(question, cache.answers(question.key(model)))

    def is_open(asked: History[Any]) -> bool:
        return not asked.is_settled(limits, len(asked) if limits.again else 0)

    about_cut = history(cut_question(cut, limits.largest_side))
    if is_open(about_cut):
        # Nobody is named yet, which makes the questions about the shots a little shorter.
        nobody = CutAnswer.model_construct(characters=())
        shots = shot_questions(cut, nobody, limits.largest_side)
        return [about_cut.next_question(), *shots]
    if about_cut.refusal is not None or isinstance(about_cut.reading, Missing):
        return []  # refused, or never whole: the shots are not asked about
    about_shots = map(history, shot_questions(cut, about_cut.reading, limits.largest_side))
    return [asked.next_question() for asked in about_shots if is_open(asked)]
