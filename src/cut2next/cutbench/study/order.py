"""In which order a rater is asked, and which picture lies on which side: both by the rater's seed.

All pairs come once before any comes again. Within a round the questions are apart: nobody sees how
a cut was asked for before it was said what goes on best.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from cut2next.cutbench.study.design import Question, StudyFacts

Key = tuple[Question, int, int]
"""Which answer: question, round, item."""


class Side(StrEnum):
    """Where a picture lies; on a phone the left one lies above."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One question to one rater."""

    question: Question
    round: int
    """1, 2, ... of the repeats."""
    item: int
    """Its place in the study's items."""
    first: Side
    """Where the item's first picture lies."""

    @property
    def key(self) -> Key:
        """Which answer it asks for; a rater gives each once."""
        return self.question, self.round, self.item


def turns(study: StudyFacts, rater: int) -> list[Turn]:
    """All that a rater is asked, the same at each call."""
    chance = Random(f"{study.seed} {rater}")
    sides = {
        (question, item): _sides(study.repeats, chance)
        for item, facts in enumerate(study.items)
        for question in facts.questions
    }
    return [
        Turn(question=question, round=number, item=item, first=sides[question, item][number - 1])
        for number in range(1, study.repeats + 1)
        for question in Question
        for item in _shuffled(study, question, chance)
    ]


def _sides(repeats: int, chance: Random) -> list[Side]:
    """Each as often as the other, or once more, in any order: a habit of the hand evens out."""
    both = chance.sample(list(Side), 2)
    return chance.sample([both[number % 2] for number in range(repeats)], repeats)


def _shuffled(study: StudyFacts, question: Question, chance: Random) -> Iterator[int]:
    asked = [item for item, facts in enumerate(study.items) if question in facts.questions]
    yield from chance.sample(asked, len(asked))
