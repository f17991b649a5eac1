"""One run: a variant learnt on from the base, or the base from nothing.

A run has a folder. While it lasts its checkpoints are there; when it is through, its weights are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.variants import Variant, by_transformer
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked
from cut2next.film.writing import make_folder, whole_file
from cut2next.recipes.mini.transformer import MiniModel, TransformerRun, train_transformer
from cut2next.recipes.progress import Progress
from cut2next.training.loop import StepDone
from cut2next.training.machine import quick_type

CUTS_A_STEP = 8
"""Each from a current shot of its own: so reading that begins soonest (docs/mini.md)."""
BASE_CUTS_A_STEP = 48
"""Of the base, which learns pictures, not cuts."""
RATES = 0.2
"""Of the mini model's learning rates: by more, the base is forgotten first (docs/mini.md)."""
THREADS = 1
"""Of the processor: always as many, since results differ with their number; and two runs beside
each other use two cores better than one."""
_LOOKS = (1 / 8, 1 / 4, 1 / 2)
"""When in a run its loss is looked at along the way."""
_WEIGHTS, _TRAINING = "transformer.safetensors", "training"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """A variant, with the seed of all chance: cuts, times, noise."""

    laboratory: Laboratory
    variant: Variant
    seed: int
    steps: int
    """Of `cuts_a_step`."""
    base: "Tuning | None" = None
    """What it goes on from."""

    @property
    def name(self) -> str:
        """The run's, and of its folder."""
        return f"{self.variant.name}-{self.seed}"

    @property
    def cuts_a_step(self) -> int:
        """Each from another current shot, of which a base sees nothing."""
        return CUTS_A_STEP if self.base else BASE_CUTS_A_STEP

    @property
    def looks(self) -> list[int]:
        """The steps after which its loss is looked at along the way."""
        return [round(share * self.steps) for share in _LOOKS]

    @property
    def folder(self) -> Path:
        """What is kept of it."""
        return self.laboratory.folder / "runs" / self.name

    @property
    def lineage(self) -> "list[Tuning]":
        """What it goes on from, the first first, and itself."""
        return [*(self.base.lineage if self.base else ()), self]

    @property
    def weights(self) -> Path:
        """What it has learnt, once it is through."""
        return self.folder / _WEIGHTS

    @property
    def is_done(self) -> bool:
        """Whether its weights are there."""
        return self.weights.exists()

    def learn(
        self, looked_at: Callable[[int, MiniModel], object] = lambda *_: None
    ) -> Iterator[Progress]:
        """Learns, going on where a kill has left it; the weights are kept when it is through.

        The model may be looked at after every step, by its number. Raises OutputError while another
        process has it, WeightsError where the base is damaged.
        """
        model, folder = self.model(), self.folder / _TRAINING
        data = self.variant.lessons.of(self.laboratory)
        make_folder(folder)

        def heard(done: StepDone) -> None:  # before it is saved: so a kill loses neither
            looked_at(done.number, model)

        for done in train_transformer(model, data, self.variant.table, self.recipe, folder, heard):
            yield Progress(f"learning {self.name}", done.number, self.steps, done.loss)
        with whole_file(self.weights, fault=SafetensorError) as partial:
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
            fill(model.transformer, source.weights)
        return model

    @property
    def recipe(self) -> TransformerRun:
        """How it is learnt."""
        run = TransformerRun(
            steps=self.steps,
            groups=self.cuts_a_step,
            each=1,
            draws=replace(self.variant.draws, seed=self.seed),
            shot_size=self.laboratory.shot_size,
            earlier_shots=self.variant.earlier_shots,
            compilable=TransformerRun.compilable and self._is_compilable,
            checkpoint_minutes=2.0,
            seed=self.seed,
            threads=THREADS,
        )
        if self.base is None:
            return run
        return replace(run.at_rates(RATES), warmup=50, average=0.99)

    @property
    def _is_compilable(self) -> bool:
        """Bases are learnt once, and as the published one was."""
        return self.base is not None and self.variant.network is by_transformer


def fill(network: nn.Module, path: Path) -> None:
    """Loads what a run has learnt. Raises WeightsError for what is damaged, or of another kind."""
    try:
        network.load_state_dict(load_file(checked(path)))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise WeightsError(
            f"{path}: damaged, or of something else ({one_line(error)})",
            expected="weights of a run of this kind",
            hint="in a run's own folder: delete that to have it run again",
        ) from error
