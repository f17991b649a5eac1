"""A model's own pictures of the sets that it learns from, to be read in place of the true ones.

In a chain all that is read is the model's own but for the first shot, and who learns from true
pictures alone has never met what is wrong with those. They are made once, by the weights that
training goes on from, and kept reel by reel; a reel is written whole or not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from safetensors.torch import load_file
from torch import Tensor

from cut2next.conditioning import Layout
from cut2next.film.paths import checked
from cut2next.film.writing import make_folder
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.recipes.mini.encoding import write_tensors
from cut2next.recipes.mini.transformer import MiniModel
from cut2next.training.validation import next_shots

_LATENTS = "latents"


@dataclass(frozen=True, kw_only=True)
class OwnShots:
    """The pictures, in a folder."""

    folder: Path
    sets_a_reel: int

    def make(
        self,
        model: MiniModel,
        data: EncodedRushes,
        layout: Layout,
        scheduler: FlowMatchEulerDiscreteScheduler,
        steps: int,
    ) -> Iterator[int]:
        """Makes what is not there yet, in so many steps; yields the number of each reel.

        `data` are at the transformer's scale, as are the pictures; `layout` is of a cut without
        earlier shots.
        """
        make_folder(self.folder)
        was_training = model.training
        model.eval()
        for number, first in enumerate(range(0, len(data), self.sets_a_reel)):
            path = self.folder / f"reel-{number:05d}.safetensors"
            if not path.exists():
                sets = range(first, min(first + self.sets_a_reel, len(data)))
                made = [_of_set(model, data, row, layout, scheduler, steps) for row in sets]
                write_tensors({_LATENTS: torch.stack(made).cpu()}, path)
            yield number
        model.train(was_training)

    def read(self) -> Tensor:
        """All of them, packed latents [S, K, L, C]."""
        paths = sorted(self.folder.glob("reel-*.safetensors"))
        return torch.cat([load_file(checked(path))[_LATENTS] for path in paths])


@torch.no_grad()
def _of_set(
    model: MiniModel,
    data: EncodedRushes,
    row: int,
    layout: Layout,
    scheduler: FlowMatchEulerDiscreteScheduler,
    steps: int,
) -> Tensor:
    """A set's setups, [K, L, C], each as the next shot of a cut; the true one where none leads."""
    setups, drawn = data.led_to(row, np.random.default_rng(row))
    made = next_shots(
        model.transformer, scheduler, model.batch(drawn, layout), steps=steps, seed=row
    )
    own = data.latents[row].clone()
    own[setups] = made.to(own)
    return own
