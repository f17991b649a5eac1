"""How training fits a card: weights in fewer bits, smaller optimizers, activations made again.

A `TrainingFit` is one combination. What each needs is estimated (`memory.py`), and the best that a
card has room for is chosen here. No torch here.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

from cut2next.film import InputError
from cut2next.film.fields import check_fields
from cut2next.generation.fit import RESERVE, UNPACKING, Demand, Phase, Precision, first_fitting

CARDS = (16, 24, 32, 48, 80)
"""GiB of the cards that there are."""
SHARES = (0.0, 0.5, 1.0)
"""Of the blocks that are checkpointed, of which one is chosen."""

WEIGHT = 2
"""Bytes of a number that is trained, in the network's own type, and of its gradient."""
MASTER = 4
"""Its master copy, float32; and its running average, where there is one."""
GRADIENT_OF_MASTER = 4
"""Its gradient as the optimizer takes it, in place of the other while a step is made."""


class Optimizer(StrEnum):
    """What the masters are moved by."""

    ADAMW = "adamw"
    ADAMW_8BIT = "adamw8bit"
    MUON = "muon"


STATE: Mapping[str, int] = MappingProxyType(
    {Optimizer.ADAMW: 8, Optimizer.ADAMW_8BIT: 2, Optimizer.MUON: 4}
)
"""Bytes that an optimizer keeps of each number."""
STEPPING: Mapping[str, int] = MappingProxyType(
    {Optimizer.ADAMW: 0, Optimizer.ADAMW_8BIT: 0, Optimizer.MUON: 2}
)
"""And takes besides while it steps: Muon makes all matrices of a shape orthogonal at a time."""
AGAIN: Mapping[Precision, int] = MappingProxyType({**UNPACKING, Precision.INT8: 3})
"""As `UNPACKING`, of the backward pass, where torchao goes through two copies with int8."""


class StepNeed(NamedTuple):
    """What the forward and backward pass of a micro-batch take."""

    bytes: int
    """Beside weights and gradients."""
    flops: int

    def __add__(self, other: "StepNeed") -> "StepNeed":  # type: ignore[override]
        return StepNeed(self.bytes + other.bytes, self.flops + other.flops)

    def __sub__(self, other: "StepNeed") -> "StepNeed":
        return StepNeed(self.bytes - other.bytes, self.flops - other.flops)

    def __mul__(self, times: float) -> "StepNeed":  # type: ignore[override]
        return StepNeed(round(self.bytes * times), round(self.flops * times))


class Checkpointed(NamedTuple):
    """What a micro-batch needs where of every block only what goes into it is kept."""

    all: StepNeed
    saved: tuple[StepNeed, ...]
    """By one block of each kind that is checkpointed."""


@dataclass(frozen=True, kw_only=True)
class StepNeeds:
    """Of a micro-batch, by how many of the blocks are checkpointed."""

    kept: StepNeed
    """Where everything is kept for the backward pass."""
    blocks: tuple[int, ...]
    """How many there are of each kind."""
    finds_out: Callable[[], Checkpointed]
    """Takes seconds: it is asked where something is checkpointed, and once."""

    @cached_property
    def checkpointed(self) -> Checkpointed:
        """Where blocks are."""
        return self.finds_out()

    def of(self, share: float) -> StepNeed:
        """With that share of the blocks of each kind checkpointed."""
        if not share:
            return self.kept
        need = self.kept
        for count, saved in zip(self.blocks, self.checkpointed.saved, strict=True):
            need -= saved * share_of(count, share)
        return StepNeed(max(need.bytes, self.checkpointed.all.bytes), need.flops)


def share_of(blocks: int, share: float) -> int:
    """How many of so many blocks a share is, rounded up."""
    return math.ceil(share * blocks)


@dataclass(frozen=True, kw_only=True)
class TrainingFit:
    """One way to fit training onto a card. Raises InputError for what is of another kind."""

    precision: Precision = Precision.BF16
    """Of the transformer's blocks, which are not trained."""
    optimizer: Optimizer = Optimizer.ADAMW
    checkpointed: float = 0.0
    """Share of the blocks, see `checkpoint_blocks`."""
    cached_texts: bool = False
    """Whether prompts are encoded before, and kept on disk; else the text encoders stay, the large
    one in int8 unless the precision is bf16, as in a `Fit`."""

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class TrainingDemand:
    """What training a LoRA needs, in bytes."""

    making: Demand
    """Of a next shot, as in validation; of the networks too."""
    numbers: int
    """That are trained."""
    samples: int
    """Of a micro-batch."""
    step: StepNeeds
    latents: int
    """Numbers of a shot's ..."""
    individual: int
    """... and of its prompt's states ..."""
    relational: int
    """... and of those of a cut's relational prompt, as they are kept on disk."""
    averaged: bool = False
    """Whether a running average of what is trained is kept."""

    def peak(self, fit: TrainingFit) -> int:
        """The most that is on the card at a time."""
        return max(self.phases(fit).values())

    def phases(self, fit: TrainingFit) -> dict[str, int]:
        """The most that is on the card in each phase, by what is done in it."""
        making = self.making
        transformer, autoencoder, large, small = making.weights[fit.precision]
        working, widest = making.working[False], making.widest
        unpacked, again = widest * UNPACKING[fit.precision], widest * AGAIN[fit.precision]
        texts, prompts = large + small, working[Phase.PROMPTS] + min(unpacked, widest)
        there = transformer + self.trained(fit) + (0 if fit.cached_texts else texts)
        learning = self.step.of(fit.checkpointed).bytes + again
        steps = making.kept + working[Phase.STEPS] + unpacked
        stepping = GRADIENT_OF_MASTER - WEIGHT + STEPPING[fit.optimizer]
        decoding = making.kept + autoencoder + working[Phase.DECODING]
        return {
            "shots are encoded": autoencoder + working[Phase.SHOT],
            "prompts are encoded": prompts + (texts if fit.cached_texts else there),
            "the transformer learns": there + learning,
            "the optimizer steps": there + self.numbers * stepping,
            "a picture is made": there + max(steps, decoding),
        }

    def trained(self, fit: TrainingFit) -> int:
        """What is trained, with all that belongs to it: gradients, masters, optimizer, average."""
        copies = 2 * WEIGHT + MASTER * (2 if self.averaged else 1)
        return self.numbers * (copies + STATE[fit.optimizer])


def ways(
    needed: TrainingDemand,
    *,
    fp8: bool = True,
    precisions: Iterable[Precision] = Precision,
    optimizers: Iterable[Optimizer] = (Optimizer.ADAMW, Optimizer.ADAMW_8BIT),
    shares: Iterable[float] = SHARES,
    cached_texts: Iterable[bool] = (False, True),
) -> Iterator[TrainingFit]:
    """Every combination, the best first: true to the weights, then fast.

    `fp8` tells whether the card computes in it, as in `fits`.
    """
    eights = (Precision.FP8, Precision.INT8) if fp8 else (Precision.INT8, Precision.FP8)
    order = (Precision.BF16, *eights, Precision.NF4)
    wanted = {*precisions} & {*needed.making.weights}
    truest = [precision for precision in order if precision in wanted]
    options = product(truest, [*optimizers], [*cached_texts], [*shares])
    for precision, optimizer, cached, share in options:
        yield TrainingFit(
            precision=precision, optimizer=optimizer, checkpointed=share, cached_texts=cached
        )


def chosen_way(needed: TrainingDemand, room: int, among: Sequence[TrainingFit]) -> TrainingFit:
    """The first that fits into so many bytes. Raises InputError when none does."""
    if (fit := first_fitting(needed.peak, room, among)) is not None:
        return fit
    least = min(among, key=needed.peak)
    raise InputError(
        f"{room / 2**30:.1f} GiB of memory to train in",
        expected=f"{(needed.peak(least) + RESERVE) / 2**30:.1f} GiB or more, even with the base in "
        f"{least.precision}, {least.optimizer} and {least.checkpointed:.0%} of blocks checkpointed",
        hint="take a smaller rank, smaller pictures, or a larger card",
    )


class Disk(NamedTuple):
    """What training leaves on disk, in bytes."""

    latents: int
    texts: int
    """Where prompts are cached."""
    checkpoint: int
    """Each of those that are kept."""
    lora: int


def disk(needed: TrainingDemand, fit: TrainingFit, cuts: int, *, wordings: int = 1) -> Disk:
    """Of a set of so many cuts, which go on from each other: as many shots, each with its prompt.

    Of an individual prompt there are so many wordings, since parts of it are left out by chance.
    """
    texts = needed.relational + wordings * needed.individual
    masters = MASTER * (2 if needed.averaged else 1)
    return Disk(
        latents=WEIGHT * cuts * needed.latents,
        texts=WEIGHT * cuts * texts if fit.cached_texts else 0,
        checkpoint=needed.numbers * (masters + STATE[fit.optimizer]),
        lora=needed.numbers * WEIGHT,
    )
