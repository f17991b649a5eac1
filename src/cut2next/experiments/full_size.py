"""The same comparisons at the size of FLUX.1, as commands: a LoRA for each run, all judged at once.

What a LoRA cannot be is named: another architecture.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from shlex import join

from cut2next.conditioning import SegmentTable
from cut2next.experiments.lessons import ALL_SETS, DISAGREEING, ROUGH
from cut2next.experiments.questions import CHAINS, Question
from cut2next.experiments.variants import VARIANTS, Variant, by_transformer
from cut2next.generation.plan import model_named
from cut2next.recipes.lora.recipe import rawcuts
from cut2next.recipes.training_plan import planned_training

_OUT = "runs/full-size"
_ON_A_CARD = 2.1e14
"""FLOP a second that training at this size reached on one H200, which passed all blocks twice to
fit; that is not counted (docs/training.md)."""


@dataclass(frozen=True, kw_only=True)
class FullSize:
    """What is at hand."""

    model: str
    """By name, or its folder."""
    cuts: str
    """A folder of cuts ..."""
    few: str
    """... and one of few that are good, for the question of stages."""
    cases: str
    """A frozen benchmark."""
    steps: int
    seeds: int

    def commands(self, questions: Sequence[Question]) -> list[str]:
        """In their order, with what each is for."""
        names = dict.fromkeys(name for question in questions for name in question.variants)
        strengths = {each.reference: each.strengths for each in questions if each.strengths}
        variants = [VARIANTS[name] for name in names]
        told = [f"# {self._budget(variants)}", "# what of it fits a card, and how"]
        told.append(join(["cut2next", "plan", "--model", self.model, "--train"]))
        makers = []
        for variant in variants:
            if reason := _impossible(variant):
                told.append(f"# {variant.name}: {reason}")
                continue
            for seed in range(1, self.seeds + 1):
                told += self._trained(variant, seed)
                makers += self._makers(variant, seed, strengths.get(variant.name, ()))
        if makers:
            told += ["# all of them on the same cases", self._judged(makers)]
        for question in questions:
            if {*CHAINS} & {*question.measures}:
                told += self._chained(question.variants)
        return told

    def _budget(self, variants: Sequence[Variant]) -> str:
        """What training all of them takes, by arithmetic; judging is not in it."""
        possible = [variant for variant in variants if not _impossible(variant)]
        steps = Counter[tuple[SegmentTable, int]]()
        for variant in possible:
            while variant.after:
                kind = variant.table, variant.earlier_shots
                steps[kind] += self.seeds * round(variant.share * self.steps)
                variant = VARIANTS[variant.after]
        batch = rawcuts().batch
        flop = sum(batch * count * self._flop_a_cut(*kind) for kind, count in steps.items())
        return (
            f"{len(possible) * self.seeds} LoRAs, of {self.steps} steps of {batch} cuts: "
            f"{flop / 1e18:,.3g} EFLOP, {flop / _ON_A_CARD / 3600:,.0f} hours of a card that "
            f"trains at {_ON_A_CARD / 1e12:.0f} TFLOP/s, as one H200 did"
        )

    def _flop_a_cut(self, table: SegmentTable, earlier: int) -> float:
        """In the mean: every number of earlier shots up to that is as likely, and costs as much."""
        if earlier:
            return (self._flop_after(table, 0) + self._flop_after(table, earlier)) / 2
        return self._flop_after(table, 0)

    def _flop_after(self, table: SegmentTable, earlier: int) -> float:
        recipe, model = rawcuts(), model_named(self.model)
        _, needed = planned_training(
            model,
            model.framing.asked(None, model.framing.size(*recipe.size)),
            rank=recipe.rank,
            earlier_shots=earlier,
            table=table,
            prompt_tokens=recipe.prompt_lengths,
        )
        return needed.step.of(0).flops / needed.samples

    def _trained(self, variant: Variant, seed: int) -> list[str]:
        """The command that trains a variant, behind that of what it goes on from."""
        before = VARIANTS[variant.after]
        begun = self._trained(before, seed) if before.after else []
        cuts = self.cuts if variant.lessons in (ALL_SETS, ROUGH) else self.few
        words = ["cut2next", "train", "rawcuts", cuts, "--model", self.model]
        words += ["--table", variant.table.name, "--seed", str(seed)]
        words += ["--steps", str(round(variant.share * self.steps))]
        if variant.earlier_shots:
            words += ["--earlier-shots", str(variant.earlier_shots)]
        if variant.draws.left_out:
            words += ["--left-out", f"{variant.draws.left_out:g}"]
        if before.after:
            words += ["--from", self._folder(before, seed)]
        words += ["--cache", f"{_OUT}/cache", "-o", self._folder(variant, seed)]
        return [*begun, join(words)]

    def _chained(self, names: Sequence[str]) -> list[str]:
        """Of what comes after a cut's next shot there is no truth: such chains are looked at."""
        told = ["# a sequence by each, of a plan of your own (docs/chains.md)"]
        for name in names:
            words = ["cut2next", "storyboard", "PLAN.json", "--model", self.model]
            words += ["--lora", f"{self._folder(VARIANTS[name], 1)}/lora.safetensors"]
            told.append(join([*words, "--out", f"{_OUT}/chain-{name}"]))
        return told

    def _makers(self, variant: Variant, seed: int, strengths: Sequence[float]) -> list[str]:
        """The LoRA of a run, and the same where the relational prompt counts less, or more."""
        of = f"{self.model}+{self._folder(variant, seed)}/lora.safetensors"
        name = f"{variant.name}-{seed}"
        turned = [f"{name}-at-{strength:g}={of}?relation={strength:g}" for strength in strengths]
        return [f"{name}={of}", *turned]

    def _judged(self, makers: Sequence[str]) -> str:
        words = ["cut2next", "bench", "run", "--cases", self.cases]
        return join([*words, "--makers", ",".join(makers), "--out", f"{_OUT}/judged"])

    @staticmethod
    def _folder(variant: Variant, seed: int) -> str:
        return f"{_OUT}/{variant.name}-{seed}"


def _impossible(variant: Variant) -> str:
    """Why there is no LoRA of it; empty where there is."""
    if variant.network is not by_transformer:
        return "another architecture; the film set alone has it"
    if variant.lessons.besides is not None or variant.lessons is DISAGREEING:
        return "learns from cuts that the film set alone has"
    return ""
