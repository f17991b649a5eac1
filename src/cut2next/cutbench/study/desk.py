"""Where raters and votes meet: who is asked what now, and which answers count. Knows no network.

All that a rater is given names a question by a word that only this study can have made, so nobody
can ask for a picture, or answer a question, that they were not given.
"""

import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from cut2next.cutbench.benchmark import Benchmark
from cut2next.cutbench.study.design import Question, Shown
from cut2next.cutbench.study.order import Key, Side, Turn, turns
from cut2next.cutbench.study.pictures import Pictures
from cut2next.cutbench.study.votes import Rater, Vote, Votes
from cut2next.film.editing_pattern import in_order

Place = Literal["current", "left", "right"]
_WORD_BYTES = 16
_RATERS_IN_MEMORY = 64


class StaleError(Exception):
    """An answer to what is not asked now, or another answer to what was answered."""


class UnknownError(Exception):
    """No question of that rater."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A turn and the word that stands for it."""

    word: str
    turn: Turn


class Desk:
    """One study, while it is answered."""

    def __init__(self, benchmark: Benchmark, votes: Votes, pictures: Pictures) -> None:
        self.votes = votes
        self._benchmark = benchmark
        self._pictures = pictures
        self._asked = lru_cache(_RATERS_IN_MEMORY)(self._order)

    def state(self, rater: Rater) -> dict[str, Any]:
        """What the page shows of a rater, ready for JSON: how far it is, and what is asked now."""
        given, left = self._left(rater)
        return {
            "name": rater.name,
            "all": self.votes.study.answers,
            "done": self.votes.study.answers - len(left),
            "question": self._told(left[0], given) if left else None,
            "then": left[1].word if len(left) > 1 else None,
        }

    def vote(self, rater: Rater, word: str, side: Side) -> None:
        """Keeps an answer; the same again is well.

        Raises UnknownError for what is no question of this rater, StaleError for what is not asked
        now or was answered otherwise.
        """
        turn = self._turn(rater, word)
        vote = Vote(
            rater=rater.number,
            question=turn.question,
            round=turn.round,
            item=turn.item,
            chose_first=side is turn.first,
            side=side,
        )
        given, left = self._left(rater)
        asked_now = vote.key in given or left[0].turn == turn
        if not asked_now or not self.votes.give(vote):
            raise StaleError

    def picture(self, rater: Rater, word: str, place: Place) -> bytes:
        """A PNG. Raises UnknownError for what is no question of this rater."""
        turn = self._turn(rater, word)
        item = self.votes.study.items[turn.item]
        if place == "current":
            return self._pictures.file(Shown(case=item.case, of="current"))
        return self._pictures.file(item.first if place == turn.first else item.second)

    def _left(self, rater: Rater) -> tuple[set[Key], list[_Asked]]:
        """What a rater has answered, and what is still to be asked, in order."""
        given = {vote.key for vote in self.votes.given(rater)}
        return given, [one for one in self._asked(rater).values() if one.turn.key not in given]

    def _turn(self, rater: Rater, word: str) -> Turn:
        try:
            return self._asked(rater)[word].turn
        except KeyError:
            raise UnknownError from None

    def _order(self, rater: Rater) -> dict[str, _Asked]:
        """All that a rater is asked, in order, by its words."""
        asked = (
            _Asked(word=self._word(rater, turn), turn=turn)
            for turn in turns(self.votes.study, rater.number)
        )
        return {one.word: one for one in asked}

    def _word(self, rater: Rater, turn: Turn) -> str:
        meant = f"{rater.number} {turn.question} {turn.round} {turn.item}"
        return hmac.digest(self.votes.secret, meant.encode(), "sha256")[:_WORD_BYTES].hex()

    def _told(self, asked: _Asked, given: set[Key]) -> dict[str, Any]:
        """A question; how the cut was asked for is told only where it is asked about."""
        turn = asked.turn
        case = self._benchmark.by_name[self.votes.study.items[turn.item].case]
        told: dict[str, Any] = {
            "word": asked.word,
            "asks": turn.question,
            "part": (turn.round - 1) * len(Question) + list(Question).index(turn.question) + 1,
            "parts": self.votes.study.repeats * len(Question),
            "begins": not any(key[:2] == turn.key[:2] for key in given),
            "size": case.line.size,
        }
        if turn.question is Question.ADHERENCE:
            told["patterns"] = [
                {"label": pattern.label, "definition": pattern.definition}
                for pattern in in_order(case.line.patterns)
            ]
            told["prompt"] = case.line.prompts.relational.transition
        return told
