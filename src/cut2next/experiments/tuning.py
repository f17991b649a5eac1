"""One run: a variant learnt on from the base, or the base from nothing.

A run has a folder. While it lasts its checkpoints are there; when it is through, its weights are,
and how long the processor took. Whoever starts the same run beside it is refused.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from time import process_time

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from cut2next.conditioning import Segment
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.variants import Variant
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked, read_json
from cut2next.film.writing import make_folder, whole_file
from cut2next.recipes.mini.encoded_rushes import DrawnCuts, DrawnFrom
from cut2next.recipes.mini.transformer import MiniModel, TransformerRun, train_transformer
from cut2next.recipes.progress import Progress
from cut2next.training.machine import quick_type

CUTS_A_STEP = 48
_WEIGHTS, _COST, _TRAINING = "transformer.safetensors", "cost.json", "training"


@dataclass(frozen=True, kw_only=True)
class Told:
    """Cuts as a variant reads them."""

    data: DrawnFrom
    variant: Variant

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has then."""
        return self.variant.lengths(self.data.prompt_tokens)

    def draw(
        self, chance: np.random.Generator, groups: int, each: int, earlier: int = 0
    ) -> DrawnCuts:
        """The same cuts for every variant."""
        drawn = self.data.draw(chance, groups, each, earlier)
        return replace(drawn, ids=self.variant.told(drawn.ids))


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """A variant, with the seed of all chance: cuts, times, noise."""

    laboratory: Laboratory
    variant: Variant
    seed: int
    steps: int
    """Of `CUTS_A_STEP` cuts."""
    base: "Tuning | None" = None
    """What it goes on from."""

    @property
    def name(self) -> str:
        """The run's, and of its folder."""
        return f"{self.variant.name}-{self.seed}"

    @property
    def folder(self) -> Path:
        """What is kept of it."""
        return self.laboratory.folder / "runs" / self.name

    @property
    def is_done(self) -> bool:
        """Whether its weights are there."""
        return (self.folder / _WEIGHTS).exists()

    @property
    def seconds(self) -> float:
        """Of one processor, since it was last started."""
        return float(read_json(self.folder / _COST, _damaged)["processor seconds"])

    def learn(self) -> Iterator[Progress]:
        """Learns, going on where a kill has left it; the weights are kept when it is through.

        Raises OutputError while another process has it, WeightsError where the base is damaged.
        """
        begun, model = process_time(), self.model()
        data = Told(data=self.variant.lessons.of(self.laboratory), variant=self.variant)
        folder = self.folder / _TRAINING
        make_folder(folder)
        for done in train_transformer(model, data, self.variant.table, self._run, folder):
            yield Progress(f"learning {self.name}", done.number, self.steps, done.loss)
        with whole_file(self.folder / _COST) as partial:
            partial.write_text(json.dumps({"processor seconds": process_time() - begun}))
        with whole_file(self.folder / _WEIGHTS, fault=SafetensorError) as partial:
            save_file(model.transformer.state_dict(), partial)
        rmtree(folder)

    def model(self) -> MiniModel:
        """What it has learnt; until it is through, what it begins with.

        Raises WeightsError for weights that are damaged or of something else.
        """
        torch.manual_seed(0)
        laboratory = self.laboratory
        model = self.variant.network(laboratory.shipped)
        model = nn.Module.to(model, laboratory.device, quick_type(laboratory.device))
        source = self if self.is_done else self.base
        if source is not None:
            _fill(model.transformer, source.folder / _WEIGHTS)
        return model

    @property
    def _run(self) -> TransformerRun:
        run = TransformerRun(
            steps=self.steps,
            draws=replace(self.variant.draws, seed=self.seed),
            shot_size=self.laboratory.shot_size,
            earlier_shots=self.variant.earlier_shots,
            compiled=False,
            checkpoint_minutes=2.0,
            seed=self.seed,
        )
        if self.base is None:  # each picture for itself: there is no current shot to share
            return replace(run, groups=run.groups * run.each, each=1)
        return replace(
            run,
            learning_rate=run.learning_rate / 2,
            matrix_rate=run.matrix_rate / 2,
            warmup=20,
            average=0.99,
        )


def _fill(network: nn.Module, path: Path) -> None:
    try:
        network.load_state_dict(load_file(checked(path)))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise _damaged(path, f"damaged, or of something else ({one_line(error)})") from error


def _damaged(path: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}", expected="that of a run", hint="delete its folder to have it run again"
    )
