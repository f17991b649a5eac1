"""What a run will take of memory, time and disk, told before anything is loaded."""

import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cut2next.conditioning import table_named
from cut2next.film import InputError, OutputError
from cut2next.generation.arithmetic import matrix_rate
from cut2next.generation.device import Device
from cut2next.generation.fit import RESERVE, first_fitting
from cut2next.generation.plan import KnownModel
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.recipes.training_plan import planned_training
from cut2next.training.fit import Disk, TrainingDemand, TrainingFit, disk, ways

WORDINGS = 4
"""Of an individual prompt: with and without its description, with and without its attributes."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run will take."""

    needed: TrainingDemand
    alone: TrainingDemand
    """The same of a micro-batch without earlier shots, which is the least."""
    way: TrainingFit
    """The one that the recipe says."""

    @property
    def bytes(self) -> int:
        """At a time, of a card or of the machine's memory."""
        return self.needed.peak(self.way) + RESERVE

    def seconds(self, cuts: int, device: str) -> float:
        """The arithmetic of so many cuts at the rate of a device's matrices: no run is quicker."""
        flops = self.alone.step.of(self.way.checkpointed).flops / self.alone.samples
        return cuts * flops / matrix_rate(device)

    def disk(self, cuts: int) -> Disk:
        """Of a set of so many cuts."""
        return disk(self.needed, self.way, cuts, wordings=WORDINGS)


def estimated(recipe: LoraRecipe, model: KnownModel, device: Device) -> Estimate:
    """What a recipe will take on a model. Raises InputError for what cannot fit the device."""
    demanded = partial(
        planned_training,
        replace(model, training=(table_named(recipe.table), recipe.prompt_lengths)),
        model.framing.only or recipe.size,
        rank=recipe.rank,
        groups=recipe.groups,
        each=recipe.each,
        averaged=recipe.average > 0,
    )
    _, alone = demanded()
    needed = demanded(earlier_shots=recipe.earlier_shots)[1] if recipe.earlier_shots else alone
    way = TrainingFit(
        precision=recipe.precision,
        optimizer=recipe.optimizer,
        checkpointed=recipe.checkpointed,
        cached_texts=recipe.cached_texts,
    )
    estimate, room = Estimate(needed=needed, alone=alone, way=way), device.room()
    if estimate.bytes > room:
        raise _too_much(estimate, room, device)
    return estimate


def _too_much(estimate: Estimate, room: int, device: Device) -> InputError:
    """What would fit instead, where anything would."""
    there = "on the card" if device.is_card else "of memory, and no CUDA card"
    among = ways(estimate.needed, fp8=device.computes_fp8)
    hint = "`cut2next plan --train` shows which card it would take"
    if (other := first_fitting(estimate.needed.peak, room, among)) is not None:
        hint = (
            f"what fits is --precision {other.precision} --optimizer {other.optimizer} "
            f"--checkpointed {other.checkpointed:g}"
            f"{' --cached-texts' if other.cached_texts else ''}"
        )
    return InputError(
        f"{room / 2**30:.1f} GiB {there}",
        expected=f"{estimate.bytes / 2**30:.1f} GiB to train so",
        hint=hint,
    )


def check_disk(taken: Mapping[Path, int]) -> None:
    """Raises OutputError unless there is room for so many bytes in each folder, it may be to come.

    What it holds already counts as part of them.
    """
    missing, free = Counter[int](), dict[int, tuple[int, Path]]()
    for folder, size in taken.items():
        place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        disk = place.stat().st_dev
        missing[disk] += max(0, size - _held(folder))
        free[disk] = shutil.disk_usage(place).free, place
    for disk, size in missing.items():
        if size > free[disk][0]:
            raise OutputError(
                f"{in_words(free[disk][0])} free on the disk of {free[disk][1]}",
                expected=f"{in_words(size)} for what is left to write there",
                hint="make room, or name other folders by --out and --cache",
            )


def _held(folder: Path) -> int:
    """Bytes of the files in a folder; other runs may come and go there."""
    held = 0
    for file in folder.rglob("*"):
        with suppress(OSError):
            held += file.lstat().st_size
    return held


def in_words(size: float) -> str:
    """Bytes as people say them."""
    number, unit = (size / 1e9, "GB") if size >= 1e9 else (size / 1e6, "MB")
    return f"{number:,.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"
