"""The loop of every run: load, step, save, yield. A run that was killed goes on as if it had not.

It knows neither what is learnt nor from what. Whatever a step draws, it draws by its number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from cut2next.training.checkpoint import load_checkpoint, save_checkpoint
from cut2next.training.optimizer import Average, MatrixOptimizer


@dataclass(frozen=True, kw_only=True)
class Run:
    """How long, how fast, and how often what is learnt is saved."""

    steps: int
    learning_rate: float
    warmup: int
    """Steps over which the learning rate rises."""
    cooldown: float
    """Share of the steps, at the end, over which the learning rate falls to nothing."""
    checkpoint_every: int
    seed: int = 0

    def chance(self, step: int) -> np.random.Generator:
        """What step number `step` draws by, in a run that was killed as in one that was not."""
        return np.random.default_rng((self.seed, step))

    def schedule(self, step: int) -> float:
        """The share of the learning rate that a step takes: warm-up, then level, then down."""
        falling = (self.steps - step) / (self.cooldown * self.steps)
        return min(1.0, (step + 1) / self.warmup, falling)


def train(
    run: Run,
    loss: Callable[[int], Tensor],
    optimizer: MatrixOptimizer,
    folder: Path,
    average: Average | None = None,
) -> Iterator[tuple[int, float]]:
    """Steps by `loss` of a step's number, going on from `folder`; yields (steps done, loss).

    When it is through, the module holds the `average` of its weights where there is one, else the
    last of them. Raises WeightsError for a checkpoint that is damaged or of something else.
    """
    state: dict[str, nn.Module] = {"masters": nn.ParameterList(optimizer.masters)}
    if average is not None:
        state["average"] = average
    first = load_checkpoint(folder, state, optimizer.parts)
    optimizer.publish(optimizer.masters)
    for step in range(first, run.steps):
        value = loss(step)
        value.backward()
        optimizer.step(run.schedule(step))
        if average is not None:
            average.update(optimizer.masters, step)
        if (step + 1) % run.checkpoint_every == 0 or step + 1 == run.steps:
            save_checkpoint(folder, step + 1, state, optimizer.parts)
        yield step + 1, value.item()
    if average is not None:
        optimizer.publish(average.tensors)
