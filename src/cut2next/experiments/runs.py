"""All runs that some questions need, done one after the other; what is done already is left alone.

The same command beside it, in another process, takes the runs that nobody has.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cut2next.experiments.chains import chain_values
from cut2next.experiments.exam import Exam
from cut2next.experiments.judging import judge, values_of
from cut2next.experiments.laboratory import PART, Laboratory
from cut2next.experiments.losses import held_out_losses
from cut2next.experiments.questions import CHAINS, LOSS, Question
from cut2next.experiments.tuning import CUTS_A_STEP, Tuning
from cut2next.experiments.variants import VARIANTS, Variant
from cut2next.film import InputError, OutputError
from cut2next.film.paths import read_json
from cut2next.film.writing import whole_file
from cut2next.recipes.progress import Progress
from cut2next.recipes.record import begin_record
from cut2next.training.checkpoint import one_run_in

_LOSSES, _CHAINS = "losses.json", "chains.json"
_CUTS_A_CHAIN = 10
"""A sequence takes as long as so many cuts."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is learnt and asked."""

    laboratory: Laboratory
    questions: Sequence[Question]
    base_steps: int = 8_000
    steps: int = 200
    seeds: int = 3
    cuts: int = 500

    @property
    def exams(self) -> list[Exam]:
        """All that some run is to sit."""
        names = dict.fromkeys(name for question in self.questions for name in question.exams)
        return [Exam(laboratory=self.laboratory, count=self.cuts, name=name) for name in names]

    def sat_by(self, variant: Variant) -> list[Exam]:
        """Those of the questions that a variant is compared in."""
        asked = [each for each in self.questions if variant.name in each.variants]
        names = {name for question in asked for name in question.exams}
        return [exam for exam in self.exams if exam.name in names]

    def runs(self, name: str) -> list[Tuning]:
        """A variant's, a seed each; those of a seed draw the same in all variants.

        What begins with nothing is learnt once, for all seeds to go on from.
        """
        variant = VARIANTS[name]
        if not variant.after:
            return [self._run(variant, 0, self.base_steps, None)] * self.seeds
        steps = round(variant.share * self.steps)
        before = enumerate(self.runs(variant.after), start=1)
        return [self._run(variant, seed, steps, base) for seed, base in before]

    @property
    def asked(self) -> list[str]:
        """The variants that are compared."""
        names = (name for question in self.questions for name in question.variants)
        return list(dict.fromkeys(names))

    @property
    def chained(self) -> list[str]:
        """Those of them that are asked about chains."""
        questions = (each for each in self.questions if {*CHAINS} & {*each.measures})
        return [name for question in questions for name in question.variants]

    @property
    def compared(self) -> list[Tuning]:
        """Their runs."""
        return [run for run in self.tunings if run.variant.name in self.asked]

    @property
    def tunings(self) -> list[Tuning]:
        """All that are needed, the first seed of every variant first; none before what it needs."""
        by_variant = [self.runs(name) for name in _with_what_is_before(self.asked)]
        of_seeds = [run for of_seed in zip(*by_variant, strict=True) for run in of_seed]
        return list({run.name: run for run in of_seeds}.values())

    def prepare(self) -> Iterator[Progress]:
        """All that runs learn from and are asked, unless it is there; what none needs is not made.

        Raises InputError for a folder that was begun with other numbers or other weights, and as
        `Laboratory.prepare` does.
        """
        numbers = {"base steps": self.base_steps, "steps": self.steps, "cuts": self.cuts}
        begin_record(self.laboratory.folder, self.laboratory.facts | numbers)
        yield from self.laboratory.prepare()
        needed = {run.variant.lessons.besides for run in self.tunings}
        for besides in sorted(filter(None, needed), key=lambda each: each.name):
            yield from besides.prepare(self.laboratory)
        for exam in self.exams:
            yield from exam.prepare()

    def _run(self, variant: Variant, seed: int, steps: int, base: Tuning | None) -> Tuning:
        return Tuning(
            laboratory=self.laboratory, variant=variant, seed=seed, steps=steps, base=base
        )


def _with_what_is_before(names: Iterable[str]) -> list[str]:
    """Variants, each behind what it goes on from."""
    found: dict[str, None] = {}
    for name in names:
        if before := VARIANTS[name].after:
            found |= dict.fromkeys(_with_what_is_before([before]))
        found[name] = None
    return list(found)


def run_all(plan: Plan) -> Iterator[Progress]:
    """Does what is not done yet.

    Raises OutputError while another process is at what comes first; and, when all else is done, for
    a run that another process still has.
    """
    yield from plan.prepare()
    left = plan.tunings
    while left:
        refused: dict[str, OutputError] = {}
        for tuning in left:
            try:
                with one_run_in(tuning.folder):
                    yield from _done(plan, tuning)
            except OutputError as error:
                if tuning.base is None:
                    raise
                refused[tuning.name] = error
        if len(refused) == len(left):
            raise next(iter(refused.values()))
        left = [tuning for tuning in left if tuning.name in refused]  # it may be through by now
    for exam in plan.exams:
        yield from judge(exam, [run for run in plan.compared if exam in plan.sat_by(run.variant)])


def _done(plan: Plan, tuning: Tuning) -> Iterator[Progress]:
    """A run, by the one process that has its folder."""
    if not tuning.is_done:
        yield from tuning.learn()
    yield from _examined(plan, tuning)
    if tuning.variant.name in plan.chained:
        yield from _chained(plan, tuning)


def _examined(plan: Plan, tuning: Tuning) -> Iterator[Progress]:
    """What a run that is compared loses, and its pictures."""
    if tuning.variant.name not in plan.asked:
        return
    losses, path = dict[str, float](), tuning.folder / _LOSSES
    if not path.exists():
        for found in held_out_losses(tuning, plan.cuts):
            losses |= found
            yield Progress(f"losses of {tuning.name}", len(losses), plan.cuts)
        with whole_file(path) as partial:
            partial.write_text(json.dumps(losses))
    for exam in plan.sat_by(tuning.variant):
        yield from exam.made_by(tuning)


def _chained(plan: Plan, tuning: Tuning) -> Iterator[Progress]:
    """A run's sequences."""
    values, path = dict[str, dict[str, float]](), tuning.folder / _CHAINS
    if not path.exists():
        yield from chain_values(tuning, max(1, plan.cuts // _CUTS_A_CHAIN), values)
        with whole_file(path) as partial:
            partial.write_text(json.dumps(values))


def found(plan: Plan, tuning: Tuning) -> dict[str, dict[str, float]]:
    """By measure and case, all that was measured of a run."""

    def damaged(path: object, got: str) -> InputError:
        return InputError(
            f"{path}: {got}",
            expected="what was measured of a run",
            hint="delete it to have it made again",
        )

    measured = {LOSS: read_json(tuning.folder / _LOSSES, damaged)}
    for exam in plan.sat_by(tuning.variant):
        measured |= values_of(exam, tuning)
    if tuning.variant.name in plan.chained:
        measured |= read_json(tuning.folder / _CHAINS, damaged)
    return measured


def about(plan: Plan) -> dict[str, Any]:
    """What was done, the command that does it again, and what the processor spent on it."""
    hours = sum(run.seconds for run in plan.tunings) / 3600
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
