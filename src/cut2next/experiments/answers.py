"""What the runs say of a question: every variant beside the one it is held to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cut2next.cutbench.statistics.holm import holm
from cut2next.experiments.comparing import Apart, apart
from cut2next.experiments.questions import DECIBELS, LESS_IS_BETTER, LOSS, Question

Values = Mapping[str, Mapping[str, float]]
"""Of a run: by measure and case."""

_CHANCE = 0.05
NOT_SHOWN = "no difference shown"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A variant beside the reference, by one measure."""

    measure: str
    mean: float
    """The variant's own, over cases and seeds ..."""
    apart: Apart
    """... and by how much it is above the reference, in the measure's own unit."""
    p: float
    """Corrected for all that is compared in the question (Holm)."""

    @property
    def verdict(self) -> str:
        """Better, worse, or that no difference is shown."""
        if not self.apart.is_shown or self.p > _CHANCE:
            return NOT_SHOWN
        better = (self.apart.mean < 0) == (self.measure in LESS_IS_BETTER)
        return "better" if better else "worse"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """All that is found of a question."""

    question: Question
    reference: Mapping[str, float]
    """By measure, the mean of the variant that the others are held to."""
    others: Mapping[str, Sequence[Compared]]
    """By variant, in the order of the measures."""


def answer(question: Question, runs: Mapping[str, Sequence[Values]]) -> Answer:
    """A question's, of what was found of its variants' runs, seed by seed."""
    reference = runs[question.reference]
    found = {
        (name, measure): apart(_of(runs[name], measure), _of(reference, measure))
        for name in question.others
        for measure in question.measures
    }
    corrected = holm({f"{name} {measure}": each.p for (name, measure), each in found.items()})
    return Answer(
        question=question,
        reference={measure: _mean(reference, measure) for measure in question.measures},
        others={
            name: [
                Compared(
                    measure=measure,
                    mean=_mean(runs[name], measure),
                    apart=found[name, measure],
                    p=corrected[f"{name} {measure}"],
                )
                for measure in question.measures
            ]
            for name in question.others
        },
    )


def _of(runs: Sequence[Values], measure: str) -> list[Mapping[str, float]]:
    return [run[measure] for run in runs]


def _mean(runs: Sequence[Values], measure: str) -> float:
    return float(np.mean([np.mean([*run[measure].values()]) for run in runs]))


def shown(measure: str, value: float) -> str:
    """A figure as people read it: shares in per cent."""
    scale, digits = _scale(measure)
    return f"{scale * value:.{digits}f}"


def shown_apart(measure: str, found: Apart) -> str:
    """A difference with its interval and its sign."""
    scale, digits = _scale(measure)
    low, mean, high = (scale * number for number in (found.low, found.mean, found.high))
    return f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _scale(measure: str) -> tuple[int, int]:
    """What a measure is multiplied by to be shown, and its digits then."""
    if measure == LOSS:
        return 1, 4
    return (1, 2) if measure in DECIBELS else (100, 1)
