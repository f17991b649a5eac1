"""Which runs some questions need, in which order, and what they have to be ready for that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cut2next.experiments.cost import counted
from cut2next.experiments.exam import Exam
from cut2next.experiments.exercises import CROSS_TALK, USUAL
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.published import Published
from cut2next.experiments.questions import CHAINS, Question
from cut2next.experiments.tuning import CUTS_A_STEP, RATES, Tuning
from cut2next.experiments.variants import BASE, VARIANTS, Variant
from cut2next.recipes.progress import Progress
from cut2next.recipes.record import begin_record


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is learnt and asked."""

    laboratory: Laboratory
    questions: Sequence[Question]
    base_steps: int = 2_000
    steps: int = 1_200
    seeds: int = 3
    cuts: int = 500
    published: Published = field(default_factory=Published)
    """What was measured elsewhere."""

    @property
    def facts(self) -> Mapping[str, object]:
        """What all values hang on, but for the base's own weights."""
        numbers = {
            "base steps": self.base_steps,
            "steps": self.steps,
            "cuts a step": CUTS_A_STEP,
            "share of the rates": RATES,
            "cuts": self.cuts,
        }
        return self.laboratory.facts | numbers

    @property
    def exams(self) -> list[Exam]:
        """All that some run is to sit."""
        names = dict.fromkeys(name for question in self.questions for name in question.exams)
        return [self._exam(name) for name in names]

    def sat_by(self, variant: Variant) -> list[Exam]:
        """Those of its questions; of a base, of all that began as it, those it has words for."""
        asked = [each for each in self.questions if variant.name in self._told_of(each)]
        names = {name for question in asked for name in question.exams}
        if not variant.after:
            names &= {USUAL, CROSS_TALK}
        return [exam for exam in self.exams if exam.name in names]

    def _told_of(self, question: Question) -> set[str]:
        """The variants of a question, and what they began as."""
        began = {self.runs(name)[0].lineage[0].variant.name for name in question.variants}
        return {*question.variants, *began}

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
    def base(self) -> Tuning:
        """The run that all others go on from, those of another architecture aside."""
        return self.runs(BASE)[0]

    @property
    def bases(self) -> list[Tuning]:
        """What those that are compared began as."""
        return list({run.lineage[0].name: run.lineage[0] for run in self.compared}.values())

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
        return [run for name in self.asked for run in self.runs(name)]

    @property
    def tunings(self) -> list[Tuning]:
        """All that are to be done, none before what it goes on from."""
        missing = [run for run in self.compared if not self.is_known(run)]
        return list({each.name: each for run in missing for each in run.lineage}.values())

    def is_known(self, run: Tuning) -> bool:
        """Whether all that is asked of a compared run was measured elsewhere."""
        values = self.published.values.get(run.name, {})
        asked = (each for each in self.questions if run.variant.name in each.variants)
        return all(values.get(measure) for each in asked for measure in each.needed)

    def prepare(self) -> Iterator[Progress]:
        """All that runs learn from and are asked, unless it is there; what none needs is not made.

        Raises InputError for a folder that was begun with other numbers or other weights, and as
        `Laboratory.prepare` does.
        """
        folder = self.laboratory.folder
        begin_record(folder, self.facts)
        if not self.tunings:
            return
        with counted("shooting and encoding", folder):
            yield from self.laboratory.prepare()
            needed = {run.variant.lessons.besides for run in self.tunings}
            for besides in sorted(filter(None, needed), key=lambda each: each.name):
                yield from besides.prepare(self.laboratory)
        with counted("encoding what is asked", folder):
            sat = {exam.name for run in self.tunings for exam in self.sat_by(run.variant)}
            for exam in self.exams:
                if exam.name in sat:
                    yield from exam.prepare()

    def _exam(self, name: str) -> Exam:
        return Exam(laboratory=self.laboratory, count=self.cuts, name=name)

    def _run(self, variant: Variant, seed: int, steps: int, base: Tuning | None) -> Tuning:
        return Tuning(
            laboratory=self.laboratory, variant=variant, seed=seed, steps=steps, base=base
        )
