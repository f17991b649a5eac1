"""The judge's two questions: how a cut goes, and which of two shots continues better.

The judge is blind: it sees pictures alone, never what was asked for, nor who made what. Its words
are part of the key that an answer is kept under; `digest_of_instructions` pins them in results.
"""

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BeforeValidator

from cut2next.annotation.instructions import pattern_lines
from cut2next.annotation.lenient import named
from cut2next.annotation.question import Question
from cut2next.annotation.schema import AnswerFields, Patterns
from cut2next.film import EditingPattern, parse_pattern

_JUDGE = """\
You are a film editor. The two pictures are stills from two neighbouring shots: the first is the \
current shot, the second the shot after the cut. Say how the cut goes. Judge only what can be seen.

Answer with one JSON object and nothing else, with these fields:
- patterns: the editing techniques of this cut, one or more of these:
{patterns}
- people: whether the second picture shows people of the first: "same" if all whom it shows are in \
the first, "some" if there are others too, "other" if there are only others, "nobody" if it shows \
nobody.
- place: "same" if both could be in one place at one time, else "other"."""

_PREFER = """\
You are a film editor. The first picture is a still from the current shot. The second and the \
third picture are two proposals for the shot after the cut, A and B. Say which continues the \
current shot better: the same people, place, light and style where they should be the same, and a \
cut that an editor would make.

Answer with one JSON object and nothing else, with this field:
- better: "A" or "B"."""

PEOPLE = ("same", "some", "other", "nobody")
PLACES = ("same", "other")
SIDES = ("A", "B")


def _first_of(*words: str) -> BeforeValidator:
    """The first word of a vocabulary that is named; as it came where none is."""
    return BeforeValidator(lambda given: next(iter(named(given, words)), given))


class JudgedCut(AnswerFields):
    """What a cut is, as far as two stills show it."""

    patterns: Patterns
    people: Annotated[Literal["same", "some", "other", "nobody"], _first_of(*PEOPLE)]
    place: Annotated[Literal["same", "other"], _first_of(*PLACES)]

    @property
    def editing_patterns(self) -> frozenset[EditingPattern]:
        """The patterns in film's words."""
        return frozenset(parse_pattern(name) for name in self.patterns)


class Preferred(AnswerFields):
    """Which of two proposals is better."""

    better: Annotated[Literal["A", "B"], _first_of(*SIDES)]


def judged_question(current: bytes, made: bytes, largest_side: int | None) -> Question[JudgedCut]:
    """About a cut, of which nothing is told."""
    stills = (current, made)
    return Question(stills=stills, text=_judge_text(), schema=JudgedCut, largest_side=largest_side)


def preferred_question(
    current: bytes, first: bytes, second: bytes, largest_side: int | None
) -> Question[Preferred]:
    """Which of two continues a shot better; to be asked in both orders."""
    stills = (current, first, second)
    return Question(stills=stills, text=_PREFER, schema=Preferred, largest_side=largest_side)


def digest_of_instructions() -> str:
    """SHA-256 of the words of both questions."""
    return sha256("\n\n".join((_judge_text(), _PREFER)).encode()).hexdigest()


def _judge_text() -> str:
    return _JUDGE.format(patterns=pattern_lines())
