"""All runs that some questions need, done one after the other; what is done already is left alone.

The same command beside it, in another process, takes the runs that nobody has.
"""

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cut2next.experiments.exam import Exam
from cut2next.experiments.judging import judge, values_of
from cut2next.experiments.laboratory import PART, Laboratory
from cut2next.experiments.losses import held_out_losses
from cut2next.experiments.questions import LOSS, Question
from cut2next.experiments.tuning import CUTS_A_STEP, Tuning
from cut2next.experiments.variants import BASE, VARIANTS
from cut2next.film import InputError, OutputError
from cut2next.film.paths import read_json
from cut2next.film.writing import whole_file
from cut2next.recipes.progress import Progress

_LOSSES = "losses.json"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is learnt and asked."""

    laboratory: Laboratory
    questions: Sequence[Question]
    base_steps: int = 12_000
    steps: int = 200
    seeds: int = 3
    cuts: int = 500

    @property
    def exam(self) -> Exam:
        """What is asked of every run."""
        return Exam(laboratory=self.laboratory, count=self.cuts)

    @property
    def base(self) -> Tuning:
        """What all others go on from."""
        return Tuning(laboratory=self.laboratory, variant=BASE, seed=0, steps=self.base_steps)

    def runs(self, name: str) -> list[Tuning]:
        """A variant's, a seed each; those of a seed draw the same in all variants."""
        variant = VARIANTS[name]
        before = self.runs(variant.after) if variant.after else [self.base] * self.seeds
        return [
            Tuning(
                laboratory=self.laboratory,
                variant=variant,
                seed=seed,
                steps=round(variant.share * self.steps),
                base=base,
            )
            for seed, base in enumerate(before, start=1)
        ]

    @property
    def tunings(self) -> list[Tuning]:
        """All, the first seed of every variant first; what another goes on from, before it."""
        names = [name for question in self.questions for name in question.variants]
        needed = dict.fromkeys(each for name in names for each in (VARIANTS[name].after, name))
        by_variant = [self.runs(name) for name in needed if name]
        return [run for of_seed in zip(*by_variant, strict=True) for run in of_seed]


def run_all(plan: Plan) -> Iterator[Progress]:
    """Does what is not done yet.

    Raises OutputError while another process is at what comes first; and, when all else is done, for
    a run that another process still has.
    """
    yield from plan.laboratory.prepare()
    if not plan.base.is_done:
        yield from plan.base.learn()
    yield from plan.exam.prepare()
    others: OutputError | None = None
    for tuning in plan.tunings:
        try:
            yield from _examined(plan.exam, tuning)
        except OutputError as error:
            others = error
    if others is not None:
        raise others
    yield from judge(plan.exam, plan.tunings)


def _examined(exam: Exam, tuning: Tuning) -> Iterator[Progress]:
    """A run, what it loses, and its pictures."""
    if not tuning.is_done:
        yield from tuning.learn()
    losses, path = dict[str, float](), tuning.folder / _LOSSES
    if not path.exists():
        for found in held_out_losses(tuning, exam.count):
            losses |= found
            yield Progress(f"losses of {tuning.name}", len(losses), exam.count)
        with whole_file(path) as partial:
            partial.write_text(json.dumps(losses))
    yield from exam.made_by(tuning)


def found(plan: Plan, tuning: Tuning) -> dict[str, dict[str, float]]:
    """By measure and case, all that was measured of a run."""

    def damaged(path: object, got: str) -> InputError:
        return InputError(
            f"{path}: {got}", expected="losses of a run", hint="delete it to have it made again"
        )

    losses = read_json(tuning.folder / _LOSSES, damaged)
    return {LOSS: losses, **values_of(plan.exam, tuning)}


def about(plan: Plan) -> dict[str, Any]:
    """What was done, the command that does it again, and what the processor spent on it."""
    hours = sum(run.seconds for run in (plan.base, *plan.tunings)) / 3600
    options = {
        "--only": ",".join(question.name for question in plan.questions),
        "--sets": plan.laboratory.sets,
        "--base-steps": plan.base_steps,
        "--steps": plan.steps,
        "--seeds": plan.seeds,
        "--cuts": plan.cuts,
    }
    words = [str(word) for option in options.items() for word in option]
    return {
        "command": shlex.join(["cut2next", "experiments", *words]),
        "part of the film set": str(PART),
        "base cuts": plan.base_steps * CUTS_A_STEP,
        "cuts": plan.steps * CUTS_A_STEP,
        "seeds": plan.seeds,
        "held-out cuts": plan.cuts,
        "processor hours of learning": round(hours, 1),
    }
