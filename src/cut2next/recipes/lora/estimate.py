"""What a run will take of memory, time and disk, told before anything is loaded."""

from dataclasses import dataclass, replace

from cut2next.conditioning import table_named
from cut2next.film import InputError
from cut2next.generation.device import Device
from cut2next.generation.fit import RESERVE
from cut2next.generation.plan import KnownModel
from cut2next.recipes.lora.adapting import PROMPTS
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.recipes.training_plan import planned_training
from cut2next.training.fit import Disk, TrainingDemand, TrainingFit, chosen_way, disk, ways
from cut2next.training.rate import matrix_rate

WORDINGS = 4
"""Of an individual prompt: with and without its description, with and without its attributes."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run will take."""

    needed: TrainingDemand
    way: TrainingFit
    """The one that the recipe says."""

    @property
    def bytes(self) -> int:
        """At a time, of a card or of the machine's memory."""
        return self.needed.peak(self.way) + RESERVE

    def seconds(self, cuts: int, device: str) -> float:
        """The arithmetic of so many cuts at the rate of a device's matrices: no run is quicker."""
        flops = self.needed.step.of(self.way.checkpointed).flops / self.needed.samples
        return cuts * flops / matrix_rate(device)

    def disk(self, cuts: int) -> Disk:
        """Of a set of so many cuts."""
        return disk(self.needed, self.way, cuts, wordings=WORDINGS)


def estimated(recipe: LoraRecipe, model: KnownModel, device: Device) -> Estimate:
    """What a recipe will take on a model. Raises InputError for what cannot fit the device."""
    prompts = dict(zip(PROMPTS, recipe.prompt_tokens, strict=True))
    _, needed = planned_training(
        replace(model, training=(table_named(recipe.table), prompts)),
        model.framing.only or recipe.size,
        rank=recipe.rank,
        groups=recipe.groups,
        each=recipe.each,
        averaged=recipe.average > 0,
    )
    way = TrainingFit(
        precision=recipe.precision,
        optimizer=recipe.optimizer,
        checkpointed=recipe.checkpointed,
        cached_texts=recipe.cached_texts,
    )
    estimate, room = Estimate(needed=needed, way=way), device.room()
    if estimate.bytes > room:
        raise _too_much(estimate, room, device)
    return estimate


def _too_much(estimate: Estimate, room: int, device: Device) -> InputError:
    """What would fit instead, where anything would."""
    there = "on the card" if device.is_card else "of memory, and no CUDA card"
    among = list(ways(estimate.needed, fp8=device.computes_fp8))
    try:
        other = chosen_way(estimate.needed, room, among)
        hint = (
            f"what fits is --precision {other.precision} --optimizer {other.optimizer} "
            f"--checkpointed {other.checkpointed:g}"
            f"{' --cached-texts' if other.cached_texts else ''}"
        )
    except InputError:
        hint = "`cut2next plan --train` shows which card it would take"
    return InputError(
        f"{room / 2**30:.1f} GiB {there}",
        expected=f"{estimate.bytes / 2**30:.1f} GiB to train so",
        hint=hint,
    )
