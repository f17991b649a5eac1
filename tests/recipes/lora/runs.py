"""Toy models and recipes that train in a second, for tests of whole runs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from tests.generation.toy import toy
from torch import Tensor

from cut2next.generation.framing import Size
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.recipes.lora.run import train_lora
from cut2next.recipes.progress import Progress
from cut2next.training.batches.survey import CutSource
from cut2next.training.fit import Disk

LORA = "lora.safetensors"


class Known:
    """An estimate that nobody had to make."""

    bytes = 2**30

    def __init__(self, *_: object) -> None: ...

    def seconds(self, cuts: int, device: str) -> float:
        return 90.0

    def disk(self, cuts: int) -> Disk:
        return Disk(latents=10**6, texts=0, checkpoint=10**6, lora=10**6)


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """Runs do not find out what they take, and draw small sheets."""
    patch.setattr("cut2next.recipes.lora.run.estimated", Known)
    for side in ("_WIDTH", "_HEIGHT"):
        patch.setattr(f"cut2next.recipes.lora.sheet.{side}", 48)


def saved_toy(folder: Path, **settings: Any) -> Path:
    """The toy pipeline of one step and one size, as a folder."""
    toy(default_size=[48, 32], default_steps=1, **settings).save_pretrained(folder)
    return folder


def recipe(model: Path, **changes: Any) -> LoraRecipe:
    """Four steps of two micro-batches, two cuts from one shot each; a checkpoint every other."""
    small = LoraRecipe(
        model=str(model),
        rank=2,
        steps=4,
        batch=4,
        groups=1,
        each=2,
        learning_rate=0.01,
        warmup=1,
        average=0.5,
        left_out=0.1,
        at_noise=0.5,
        checkpointed=0.5,
        size=Size(64, 48),
        held_out=1,
        validate_every=2,
        checkpoint_every=2,
    )
    return replace(small, **changes)


def sources(*folders: Path) -> list[CutSource]:
    """Folders of cuts, each as much as any other."""
    return [CutSource(folder=folder) for folder in folders]


def trained(
    recipe: LoraRecipe, cuts: Sequence[CutSource], folder: Path, **settings: Any
) -> list[Progress]:
    """All that a run says, on the CPU."""
    return list(train_lora(recipe, cuts, folder, device="cpu", **settings))


def lora_of(folder: Path) -> dict[str, Tensor]:
    """The tensors of a finished run."""
    return load_file(folder / LORA)


def notes(progress: Iterable[Progress]) -> str:
    """What a run tells people."""
    return "\n".join(step.note for step in progress if step.note)
