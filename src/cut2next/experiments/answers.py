"""What the runs say of a question: every variant beside the one it is held to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cut2next.cutbench.statistics.holm import holm
from cut2next.experiments.comparing import Apart, apart
from cut2next.experiments.questions import LESS_IS_BETTER, LOSS, SHARES, Question

Values = Mapping[str, Mapping[str, float]]
"""Of a run: by measure and case."""

_CHANCE = 0.05


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
            return "no difference shown"
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
    if measure in SHARES:
        return f"{100 * value:.1f}"
    return f"{value:.4f}" if measure == LOSS else f"{value:.2f}"


def shown_apart(measure: str, found: Apart) -> str:
    """A difference with its interval and its sign."""
    scale, digits = (100, 1) if measure in SHARES else (1, 4 if measure == LOSS else 2)
    low, mean, high = (scale * number for number in (found.low, found.mean, found.high))
    return f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"
