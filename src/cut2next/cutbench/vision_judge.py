"""The vision-language judge: a model sees the current shot and the made one and says what it is.

Beside the geometry judge, for what faces do not tell. It is blind (`annotation/judging.py`); asked
which of two is better it is asked in both orders, since models prefer a side. Every reply is kept
raw in a file of answers, under model, words and pictures: what was judged once is not judged again,
and a second run asks nothing. Which model and which words is stored with every result.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from PIL import Image

from cut2next.annotation.annotating import loop_in_a_thread
from cut2next.annotation.annotator import Annotator
from cut2next.annotation.asking import Asker
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.faults import BudgetReached, Declined, Unanswered
from cut2next.annotation.judging import (
    JudgedCut,
    Preferred,
    digest_of_instructions,
    judged_question,
    preferred_question,
)
from cut2next.annotation.limits import Limits
from cut2next.annotation.question import Answer, Question
from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.features.network import NetworkFacts
from cut2next.cutbench.metrics.metric import Column, Metric, shared


class VisionJudge(AbstractContextManager["VisionJudge"]):
    """Asks a model about pictures; open while it judges. Threads may share it."""

    def __init__(self, annotator: Annotator, answers: Path, limits: Limits | None = None) -> None:
        """`answers` is the file that replies are kept in.

        Entered, raises InputError for a file that is something else, OutputError where it cannot be
        written.
        """
        self._annotator, self._path = annotator, answers
        self._limits = limits or Limits()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        cache = self._open.enter_context(AnswerCache(self._path))
        self._loop = self._open.enter_context(loop_in_a_thread(self._annotator))
        self._asker = Asker(self._annotator, cache, self._limits)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def facts(self) -> NetworkFacts:
        """Which model, and which words it was asked with."""
        side = self._limits.largest_side
        return NetworkFacts(
            kind="vision-language judge",
            name=self._annotator.model,
            weights="not known: a model that is asked",
            preprocessing={
                "model": self._annotator.model,
                "instructions": digest_of_instructions(),
                "largest_side": side,
            },
            vector="answers",
        )

    def cut(self, current: Image.Image, made: Image.Image) -> JudgedCut | None:
        """What it says of a cut; None where it will not say, or says nothing that can be read.

        Raises InputError for what stops everything: a wrong key, a server that no longer answers.
        """
        return self._answers([self._cut(current, made)])[0]

    def prefers(
        self, current: Image.Image, first: Image.Image, second: Image.Image
    ) -> float | None:
        """1 where it prefers the first, 0 the second, .5 where that depends on the order."""
        said = self._answers(self._orders(current, first, second))
        if said[0] is None or said[1] is None:
            return None
        return ((said[0].better == "A") + (said[1].better == "B")) / 2

    def ask_ahead(self, questions: Sequence[Question[Any]]) -> None:
        """Brings the answers to many questions at once, into the file."""
        self._answers(questions)

    def cut_questions(self, pairs: Sequence[tuple[Image.Image, Image.Image]]) -> list[Any]:
        """What `cut` asks of some cuts, for `ask_ahead`."""
        return [self._cut(*pair) for pair in pairs]

    def preference_questions(
        self, triples: Sequence[tuple[Image.Image, Image.Image, Image.Image]]
    ) -> list[Any]:
        """What `prefers` asks, for `ask_ahead`."""
        return [question for triple in triples for question in self._orders(*triple)]

    def _cut(self, current: Image.Image, made: Image.Image) -> Question[JudgedCut]:
        return judged_question(_png(current), _png(made), self._limits.largest_side)

    def _orders(
        self, current: Image.Image, first: Image.Image, second: Image.Image
    ) -> list[Question[Preferred]]:
        before, one, other = map(_png, (current, first, second))
        side = self._limits.largest_side
        orders = ((one, other), (other, one))
        return [preferred_question(before, *order, side) for order in orders]

    def _answers(self, questions: Sequence[Question[Answer]]) -> list[Answer | None]:
        waiting = [
            asyncio.run_coroutine_threadsafe(self._answer(question), self._loop)
            for question in questions
        ]
        return [answer.result() for answer in waiting]

    async def _answer(self, question: Question[Answer]) -> Answer | None:
        try:
            return await self._asker.answer(question)
        except (Declined, Unanswered, BudgetReached):
            return None


def judge_metrics(judge: VisionJudge) -> tuple[Metric[Any], ...]:
    """How the judge finds a next shot, in the order of a report."""
    return (
        _pattern(judge),
        _as_in_the_truth(judge, "people", lambda said: said.people),
        _as_in_the_truth(judge, "place", lambda said: said.place),
        _preferred(judge),
    )


def _pattern(judge: VisionJudge) -> Metric[Case]:
    def value(case: Case, made: Image.Image) -> float | None:
        if (said := judge.cut(case.cut.current.keyframe, made)) is None:
            return None
        return shared(said.editing_patterns, case.cut.patterns)

    def ahead(shots: Sequence[tuple[Case, Image.Image]]) -> None:
        pairs = [(case.cut.current.keyframe, made) for case, made in shots]
        judge.ask_ahead(judge.cut_questions(pairs))

    return Metric(
        name="judge: pattern",
        needs=Case,
        value=value,
        meaning="patterns that were asked for and that the judge, who does not know it, names, over"
        " all that are either",
        column=Column(heading="judge pattern %", width=23, interval=True),
        facts=judge.facts,
        ahead=ahead,
    )


def _as_in_the_truth(
    judge: VisionJudge, what: str, of: Callable[[JudgedCut], str]
) -> Metric[CaseWithTruth]:
    def value(case: CaseWithTruth, made: Image.Image) -> float | None:
        current = case.cut.current.keyframe
        said, true = judge.cut(current, made), judge.cut(current, case.true_next)
        return None if said is None or true is None else float(of(said) == of(true))

    def ahead(shots: Sequence[tuple[CaseWithTruth, Image.Image]]) -> None:
        pairs = [
            (case.cut.current.keyframe, shot)
            for case, made in shots
            for shot in (made, case.true_next)
        ]
        judge.ask_ahead(judge.cut_questions(pairs))

    return Metric(
        name=f"judge: {what}",
        needs=CaseWithTruth,
        value=value,
        meaning=f"the judge says of the {what} on both sides of the cut what it says of the true"
        " cut: the same, or others",
        column=Column(heading=f"judge {what} %", width=23, interval=True),
        facts=judge.facts,
        ahead=ahead,
    )


def _preferred(judge: VisionJudge) -> Metric[CaseWithTruth]:
    def value(case: CaseWithTruth, made: Image.Image) -> float | None:
        return judge.prefers(case.cut.current.keyframe, made, case.true_next)

    def ahead(shots: Sequence[tuple[CaseWithTruth, Image.Image]]) -> None:
        triples = [(case.cut.current.keyframe, made, case.true_next) for case, made in shots]
        judge.ask_ahead(judge.preference_questions(triples))

    return Metric(
        name="judge: preferred to the truth",
        needs=CaseWithTruth,
        value=value,
        meaning="how often the judge prefers the made shot to the true one, asked in both orders;"
        " half where that depends on the order, so the truth has 50 %",
        column=Column(heading="judge prefers %", width=23, interval=True),
        facts=judge.facts,
        ahead=ahead,
    )


def _png(picture: Image.Image) -> bytes:
    packed = BytesIO()
    picture.convert("RGB").save(packed, format="PNG")
    return packed.getvalue()
