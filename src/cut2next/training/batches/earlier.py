"""What came before a cut: the shots of its film that led up to its current one, cut by cut.

A chain reads the first shot of a scene and the latest of each person beside the last one
(`generation/context_shots.py`): so any of those before may be given in training, in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cut2next.generation.framing import Size
from cut2next.training.batches.survey import Survey, SurveyedCut

WITHIN = 12
"""Shots back, of which some are drawn: a scene's length."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EarlierShots:
    """The shots before those of a survey."""

    survey: Survey

    def before(self, cut: SurveyedCut) -> list[SurveyedCut]:
        """The cuts that led to one, the latest first: their current shots are what came before it.

        At most `WITHIN`, and as far as one cut's next shot is the other's current one, in one film
        at one size; where a shot comes again that is there already, it ends.
        """
        found, seen = list[SurveyedCut](), {cut.current, cut.next}
        at = self._led_to.get(_place(cut, cut.current))
        while at is not None and at.current not in seen and len(found) < WITHIN:
            found.append(at)
            seen.add(at.current)
            at = self._led_to.get(_place(at, at.current))
        return found

    def drawn(
        self, rows: Sequence[Sequence[SurveyedCut]], most: int, chance: np.random.Generator
    ) -> list[tuple[SurveyedCut, ...]]:
        """Shot by shot back from the current ones, that of each row of cuts from one of them.

        Their number is drawn, from none to `most`; there are no more than every row has. None is a
        next shot of its row: else it would be learnt to look for the answer.
        """
        count = int(chance.integers(most + 1))
        before = [self._unasked(row) for row in rows]
        count = min(count, *map(len, before))
        kept = (sorted(chance.permutation(len(cuts))[:count]) for cuts in before)
        of_rows = [[cuts[at] for at in own] for cuts, own in zip(before, kept, strict=True)]
        return [*zip(*of_rows, strict=True)]

    def _unasked(self, row: Sequence[SurveyedCut]) -> list[SurveyedCut]:
        asked = {cut.next for cut in row}
        return [cut for cut in self.before(row[0]) if cut.current not in asked]

    @cached_property
    def _led_to(self) -> dict[tuple[int, str, Size, str], SurveyedCut]:
        """By its next shot, the first cut to it."""
        cuts = reversed(self.survey.cuts)
        return {_place(cut, cut.next): cut for cut in cuts}


def _place(cut: SurveyedCut, picture: str) -> tuple[int, str, Size, str]:
    """A picture where a cut is."""
    return cut.source, cut.film, cut.size, picture
