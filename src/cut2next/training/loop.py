"""The loop of every run: load, step, save, yield. A run that was killed goes on as if it had not.

It knows neither what is learnt nor from what. Whatever a step draws, it draws by its number, so
that place and result depend neither on kills nor on how many processes share the work.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from cut2next.film import InputError
from cut2next.training.checkpoint import Checkpoints
from cut2next.training.optimizer import Average, MasterOptimizer
from cut2next.training.sharding import summed_up
from cut2next.training.step import Losses
from cut2next.training.stopping import Stop

Learner = Callable[[Any, int], Losses]
"""The loss of a lesson, by its number; a module, where a model is spread over processes."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """How long, how fast, and how often what is learnt is saved."""

    steps: int
    learning_rate: float
    warmup: int
    """Steps over which the learning rate rises."""
    cooldown: float
    """Share of the steps, at the end, over which the learning rate falls to nothing."""
    lessons: int = 1
    """Of a step, in all processes together: its gradient is their mean."""
    clip: float | None = None
    """What the norm of a gradient is brought down to."""
    checkpoint_every: int
    """Steps."""
    checkpoint_minutes: float | None = None
    """And not later than so many after the last one."""
    checkpoints: int = 1
    """That are kept."""
    seed: int = 0

    def chance(self, number: int) -> np.random.Generator:
        """What lesson `number` draws by, in a run that was killed as in one that was not."""
        return np.random.default_rng((self.seed, number))

    def schedule(self, step: int) -> float:
        """The share of the learning rate that a step takes: warm-up, then level, then down."""
        return self.schedule_with(step, (self.steps - step) / self.steps)

    def schedule_with(self, step: int, left: float) -> float:
        """The same of a run that ends otherwise, of which the share `left` is to come."""
        falling = left / self.cooldown if self.cooldown else 1.0
        rising = (step + 1) / self.warmup if self.warmup else 1.0
        return min(1.0, rising, falling)


class StepDone(NamedTuple):
    """What a step says."""

    number: int
    """Of steps that are done with it."""
    loss: float
    """The mean of its lessons."""
    norm: float
    """Of the gradient, before it is clipped."""
    times: Tensor | None
    """Of all its cuts, see `Losses` ..."""
    errors: Tensor | None


def train(
    run: Run,
    learner: Learner,
    lesson: Callable[[int], Any],
    optimizer: MasterOptimizer,
    folder: Path,
    *,
    average: Average | None = None,
    accelerator: Accelerator | None = None,
    begun: Callable[[int], object] = lambda _: None,
    heard: Callable[[StepDone], object] = lambda _: None,
) -> Iterator[StepDone]:
    """Steps by what `learner` says of lessons, going on from the last checkpoint in `folder`.

    `lesson` gives one by its number; step s has those from s · run.lessons on. `begun` is told how
    many steps are done where it goes on, the module as it was then; `heard` is told of each step
    before it is saved, so that a kill between the two loses neither. When it is through, the module
    holds the `average` of its weights where there is one, else the last of them. Raises
    WeightsError for a checkpoint that is damaged or of something else, OutputError where one cannot
    be written or another process trains in the folder, InputError for a loss or a gradient that is
    no number, and, all saved, Stopped once a signal asked for it.
    """
    accelerator = accelerator or Accelerator()
    state: dict[str, nn.Module] = {"masters": nn.ParameterList(optimizer.masters)}
    if average is not None:
        state["average"] = average
    kept = Checkpoints(folder, state, optimizer.parts, run.checkpoints)
    with kept.locked(accelerator.is_main_process), Stop() as stop:
        first = kept.load()
        optimizer.publish(optimizer.masters)
        begun(first)
        saved = monotonic()
        for step in range(first, run.steps):
            losses = _learn(run, step, learner, lesson, accelerator)
            done = _stepped(run, step, losses, optimizer, kept)
            if average is not None:
                average.update(optimizer.masters, step)
            heard(done)
            stopping = _anybody(stop.asked, accelerator)
            late = _anybody(_is_late(run, monotonic() - saved), accelerator)
            due = done.number % run.checkpoint_every == 0 or done.number == run.steps
            if stopping or late or due:
                kept.save(done.number, writes=accelerator.is_main_process)
                saved = monotonic()
            yield done
            if stopping and done.number < run.steps:
                raise stop.stopped(done.number)
    if average is not None:
        optimizer.publish(average.tensors)


def _stepped(
    run: Run, step: int, losses: Losses, optimizer: MasterOptimizer, kept: Checkpoints
) -> StepDone:
    """Steps by gradients that are there, unless they or the loss are no number."""
    loss = _checked("loss", losses.mean.item(), step, kept)
    norm = _checked("gradient", optimizer.step(run.schedule(step), run.clip), step, kept)
    return StepDone(step + 1, loss, norm, losses.times, losses.errors)


def _learn(
    run: Run,
    step: int,
    learner: Learner,
    lesson: Callable[[int], Any],
    accelerator: Accelerator,
) -> Losses:
    """The gradients of a step's lessons, of which this process takes its share, and what all say.

    Raises InputError for a number of lessons that the processes cannot share evenly.
    """
    processes = accelerator.num_processes
    if run.lessons % processes:
        raise InputError(
            f"{run.lessons} batches a step for {processes} processes",
            expected="a multiple",
            hint="take another number of processes, or another batch",
        )
    mine = range(accelerator.process_index, run.lessons, processes)
    losses = []
    for part in mine:
        number = step * run.lessons + part
        with summed_up(learner, last=part == mine[-1]):
            loss = learner(lesson(number), number)
            # Processes are averaged over where their gradients meet.
            (loss.mean / len(mine)).backward()
        losses.append(loss._replace(mean=loss.mean.detach()))
    return _of_all(losses, accelerator)


def _of_all(losses: list[Losses], accelerator: Accelerator) -> Losses:
    """What all lessons of a step say, in all processes."""
    mean = torch.stack([loss.mean for loss in losses]).mean()

    def gathered(parts: list[Tensor | None]) -> Tensor | None:
        there = [part for part in parts if part is not None]
        return accelerator.gather(torch.cat(there)).cpu() if there else None

    return Losses(
        accelerator.reduce(mean, "mean"),
        gathered([loss.times for loss in losses]),
        gathered([loss.errors for loss in losses]),
    )


def _checked(what: str, number: float, step: int, kept: Checkpoints) -> float:
    if np.isfinite(number):
        return number
    standing = f"the checkpoint of step {kept.last} stands" if kept.last else "nothing was saved"
    raise InputError(
        f"a {what} of {number} at step {step + 1}; {standing}",
        expected="a number",
        hint="lower the learning rate, or look at the data of that step",
    )


def _is_late(run: Run, seconds: float) -> bool:
    return run.checkpoint_minutes is not None and seconds >= 60 * run.checkpoint_minutes


def _anybody(flag: bool, accelerator: Accelerator) -> bool:
    """Whether it is so in any process: all must do the same."""
    if accelerator.num_processes == 1:
        return flag
    count: Tensor = accelerator.reduce(torch.tensor(float(flag), device=accelerator.device), "sum")
    return bool(count.item())
