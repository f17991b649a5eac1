"""What the runs say of a question: every variant beside the one it is held to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cut2next.cutbench.statistics.holm import holm
from cut2next.experiments.comparing import ERROR, Apart, apart
from cut2next.experiments.exercises import at_strength
from cut2next.experiments.questions import DECIBELS, LESS_IS_BETTER, LOSS, USUAL, Question

Values = Mapping[str, Mapping[str, float]]
"""Of a run: by measure and film set."""

BETTER, WORSE, NOT_SHOWN = "better", "worse", "no difference shown"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A variant beside the reference, by one measure."""

    measure: str
    mean: float
    """The variant's own, over sets and seeds ..."""
    apart: Apart
    """... and by how much it is above the reference, in the measure's own unit."""
    p: float
    """Corrected for all that is compared in the question (Holm)."""

    @property
    def verdict(self) -> str:
        """Better, worse, or that no difference is shown."""
        if not self.apart.is_shown or self.p >= ERROR:
            return NOT_SHOWN
        return BETTER if is_better(self.measure, self.apart) else WORSE


def is_better(measure: str, apart: Apart) -> bool:
    """Whether a difference is in the direction that is asked for."""
    return (apart.mean < 0) == (measure in LESS_IS_BETTER)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """All that is found of a question."""

    question: Question
    reference: Mapping[str, float]
    """By measure, the mean of the variant that the others are held to ..."""
    learnt: Mapping[str, Apart]
    """... and by how much it is above the base that it began as, where that has the measure."""
    others: Mapping[str, Sequence[Compared]]
    """By variant, in the order of the measures."""


def answer(
    question: Question, runs: Mapping[str, Sequence[Values]], base: Values = MappingProxyType({})
) -> Answer:
    """A question's, of what was found of its variants' runs, seed by seed, and of their base.

    Raises InputError for a measure that they have no film set in common for.
    """
    reference = runs[question.reference]
    others = {name: runs[name] for name in question.others}
    for strength in question.strengths:
        of_it = [_asked_at(strength, question, run) for run in reference]
        others[f"at strength {strength:g}"] = of_it
    together = len(others) * len(question.measures)
    found = {
        (name, measure): _apart(measure, of_other, reference, together)
        for name, of_other in others.items()
        for measure in question.measures
    }
    corrected = holm({f"{name} {measure}": each.p for (name, measure), each in found.items()})
    return Answer(
        question=question,
        reference={
            measure: _mean(measure, reference, [*others.values()]) for measure in question.measures
        },
        learnt={
            measure: _apart(measure, reference, [base] * len(reference))
            for measure in question.measures
            if base.get(measure)
        },
        others={
            name: [
                Compared(
                    measure=measure,
                    mean=_mean(measure, of_other, [reference]),
                    apart=found[name, measure],
                    p=corrected[f"{name} {measure}"],
                )
                for measure in question.measures
            ]
            for name, of_other in others.items()
        },
    )


def _asked_at(strength: float, question: Question, run: Values) -> Values:
    """What it shows where the relational prompt counts so much."""
    return {measure: run.get(at_strength(measure, strength), {}) for measure in question.measures}


def _apart(
    measure: str, runs: Sequence[Values], reference: Sequence[Values], together: int = 1
) -> Apart:
    first, second = ([run.get(measure, {}) for run in some] for some in (runs, reference))
    return apart(first, second, name=measure, share=_is_share(measure), together=together)


def _mean(measure: str, runs: Sequence[Values], beside: Sequence[Sequence[Values]]) -> float:
    """On the sets that those it stands beside have as well."""
    every = [run[measure] for some in (runs, *beside) for run in some]
    shared = frozenset[str].intersection(*map(frozenset, every))
    return float(np.mean([[run[measure][name] for name in sorted(shared)] for run in runs]))


def sentences(answer: Answer) -> list[str]:
    """What is shown, what is not, and what is excluded then, in words.

    First, where the runs are too short to tell: what they should learn to read they then do not
    read yet, and that variants do not differ says nothing of them.
    """
    reference = answer.question.reference
    told = []
    if untold := [
        measure
        for measure, apart in answer.learnt.items()
        if measure in USUAL and not (apart.is_shown and is_better(measure, apart))
    ]:
        told.append(
            f"**Too short to tell** by {', '.join(untold)}: there *{reference}* itself is not shown"
            " to be better than the base that it began as."
        )
    for name, compared in answer.others.items():
        parts = [
            f"{verdict} in {', '.join(measures)}"
            for verdict in (BETTER, WORSE)
            if (measures := [each.measure for each in compared if each.verdict == verdict])
        ]
        parts += _not_shown([each for each in compared if each.verdict == NOT_SHOWN])
        told.append(f"*{name}* against *{reference}*: {'; '.join(parts)}.")
    return told


def _not_shown(compared: Sequence[Compared]) -> list[str]:
    """Where nothing is, how much there may be."""
    most = {each.measure: each.apart.excluded for each in compared}
    told = [f"{_rounded_up(name, at)} in {name}" for name, at in most.items() if at is not None]
    untold = [name for name, at in most.items() if at is None]
    parts = []
    if told:
        several = ", ".join(told)
        parts.append(f"{NOT_SHOWN}, and more than this in either direction excluded: {several}")
    if untold:
        several = ", ".join(untold)
        parts.append(f"{NOT_SHOWN}, nor any excluded, of one seed or one set: {several}")
    return parts


def _rounded_up(measure: str, most: float) -> str:
    """A difference that is excluded; a smaller one is not."""
    scale, digits = _scale(measure)
    number = math.ceil(scale * most * 10**digits) / 10**digits
    return f"{number:.{digits}f}{' points' if _is_share(measure) else unit_of(measure)}"


def shown(measure: str, value: float) -> str:
    """A figure as people read it: shares in per cent."""
    scale, digits = _scale(measure)
    return f"{scale * value:.{digits}f}"


def shown_apart(measure: str, found: Apart) -> str:
    """A difference with its interval and its sign."""
    scale, digits = _scale(measure)
    low, mean, high = (scale * number for number in (found.low, found.mean, found.high))
    return f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def unit_of(measure: str) -> str:
    """What a figure is in, with a space before it."""
    if measure == LOSS:
        return ""
    return " dB" if measure in DECIBELS else " %"


def _is_share(measure: str) -> bool:
    return unit_of(measure) == " %"


def _scale(measure: str) -> tuple[int, int]:
    """What a measure is multiplied by to be shown, and its digits then."""
    if _is_share(measure):
        return 100, 1
    return 1, 2 if measure in DECIBELS else 4
