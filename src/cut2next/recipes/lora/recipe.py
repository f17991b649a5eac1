"""What a LoRA run is made of, every number of it: the paper's two stages, and one's own film.

Where the paper tells a number (section 4.1) it stands here; where it tells none, what we decided.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cut2next.conditioning import Segment
from cut2next.film import InputError
from cut2next.film.fields import check_fields
from cut2next.generation.fit import Precision
from cut2next.generation.framing import Size
from cut2next.generation.ranges import EARLIER_SHOTS
from cut2next.training.fit import Optimizer

_SIZE = Size(1024, 576)
FLUX, SMALL = "black-forest-labs/FLUX.1-dev", "mini"


@dataclass(frozen=True, kw_only=True)
class LoraRecipe:
    """How a LoRA is trained. Raises InputError for numbers that cannot be."""

    model: str = FLUX
    """What is adapted: a model by name, or its folder."""
    start: Path | None = None
    """A LoRA, or the folder of a run, to go on from."""
    table: str = "closed"
    """Segment table, unless the model or the LoRA tells one."""
    prompt_tokens: tuple[int, int, int] = (128, 256, 256)
    """Tokens of relational, current and next prompt, unless they are told."""
    rank: int = 256
    """Of the LoRA; its alpha is the same."""
    epochs: float = 2.0
    """How often every cut is seen."""
    steps: int | None = None
    """Instead of epochs."""
    batch: int = 64
    """Cuts of a step, in all processes together."""
    groups: int = 1
    """Current shots that are passed at a time."""
    each: int = 1
    """Next shots for each of them, which share its pass."""
    optimizer: Optimizer = Optimizer.ADAMW
    """What steps: adamw, adamw8bit or muon."""
    learning_rate: float = 1e-4
    """At its highest."""
    weight_decay: float = 0.0
    """Share of the weights that a step at rate 1 takes away."""
    warmup: int = 100
    """Steps over which the learning rate rises."""
    cooldown: float = 0.0
    """Share of the steps, at the end, over which it falls."""
    clip: float = 1.0
    """What the norm of a gradient is brought down to."""
    average: float = 0.0
    """Decay of the average of the weights that is kept; 0 for none."""
    dropped: float = 0.2
    """Share of prompts without description, and without attributes."""
    earlier_shots: int = 0
    """Shots before the current one: a micro-batch has some number of them, from none to so many."""
    left_out: float = 0.0
    """Share of steps without the relational prompt, and without the current half."""
    at_noise: float = 0.0
    """Share of cuts that are taken at t = 1."""
    guidance: float = 1.0
    """At which guidance-distilled weights are trained."""
    size: Size = _SIZE
    """Whose area pictures have, of a model of any size."""
    precision: Precision = Precision.BF16
    """Of the base: bf16, fp8, int8 or nf4."""
    cached_texts: bool = False
    """Keep encoded prompts on disk, without text encoders."""
    checkpointed: float = 1.0
    """Share of the blocks whose activations are made twice."""
    compiled: bool = False
    """Compile the blocks, which takes minutes."""
    sharded: bool = False
    """Spread the model itself over processes, block by block."""
    held_out: int = 8
    """Cuts to validate on, where there is no split of them."""
    validate_every: int = 500
    """Steps from one validation, with its sheet, to the next."""
    checkpoint_every: int = 500
    """Steps from one checkpoint to the next."""
    checkpoint_minutes: float = 15.0
    """And not more than so many minutes."""
    checkpoints: int = 2
    """That are kept."""
    seed: int = 0
    """Of all that is drawn."""

    def __post_init__(self) -> None:
        check_fields(self)
        for names, fits, expected in _RANGES:
            for name in names:
                given = getattr(self, name)
                if given is not None and not fits(given):
                    raise InputError(
                        f"{name.replace('_', '-')} {given}",
                        expected=expected,
                        hint="`cut2next train --help` says what it is",
                    )
        if self.batch % (self.groups * self.each):
            raise InputError(
                f"a batch of {self.batch}, {self.groups} current shots at a time with {self.each} "
                "cuts each",
                expected="a multiple of what is passed at a time",
                hint=f"for example {self.lessons * self.groups * self.each}",
            )

    @property
    def lessons(self) -> int:
        """Micro-batches of a step, in all processes together."""
        return max(1, self.batch // (self.groups * self.each))

    @property
    def prompt_lengths(self) -> Mapping[Segment, int]:
        """By prompt, its tokens, unless they are told."""
        relational, current, following = self.prompt_tokens
        return {
            Segment.RELATIONAL_PROMPT: relational,
            Segment.CURRENT_PROMPT: current,
            Segment.NEXT_PROMPT: following,
        }

    @property
    def numbers(self) -> dict[str, Any]:
        """All of it, in what JSON holds; of epochs and steps what counts."""
        idle = "steps" if self.steps is None else "epochs"
        return {
            name: str(value) if isinstance(value, Path | Size) else value
            for name, value in asdict(self).items()
            if name != idle
        }


_MOST = 10**9
"""Of any number; what is more is a slip."""
_LONGEST = 4096
"""Tokens of a prompt, more than any text encoder reads."""
_EACH = f"1 to {_LONGEST:,} of each"
_RANGES: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (
        (
            *("rank", "steps", "batch", "groups", "each", "held_out"),
            *("validate_every", "checkpoint_every", "checkpoints"),
        ),
        lambda number: 1 <= number <= _MOST,
        f"1 to {_MOST:,}",
    ),
    (
        ("epochs", "learning_rate", "clip", "checkpoint_minutes"),
        lambda number: 0 < number <= _MOST,
        f"above 0, to {_MOST:,}",
    ),
    (
        ("weight_decay", "guidance", "warmup", "seed"),
        lambda number: 0 <= number <= _MOST,
        f"0 to {_MOST:,}",
    ),
    (("dropped", "at_noise", "cooldown", "checkpointed"), lambda share: 0 <= share <= 1, "0 to 1"),
    (
        ("earlier_shots",),
        lambda number: EARLIER_SHOTS.least <= number <= EARLIER_SHOTS.most,
        str(EARLIER_SHOTS),
    ),
    (("average",), lambda decay: 0 <= decay < 1, "0 to under 1"),
    (("left_out",), lambda share: 0 <= share <= 0.5, "0 to 0.5"),
    (("prompt_tokens",), lambda counts: 1 <= min(counts) <= max(counts) <= _LONGEST, _EACH),
)
"""Which numbers can be: their names, whether one is right, and what is, in words."""


def rawcuts(model: str = FLUX) -> LoraRecipe:
    """The paper's first stage: many cuts, rough ones among them, seen twice."""
    return LoraRecipe(model=model)


def curatedcuts(model: str = FLUX) -> LoraRecipe:
    """The paper's second stage: the chosen cuts, on from the first."""
    return LoraRecipe(model=model, steps=2500, validate_every=250)


def film(model: str = SMALL) -> LoraRecipe:
    """The cuts of one film, or of a few: a small LoRA, in minutes on the small model.

    What that one needs would tear a large one apart.
    """
    recipe = LoraRecipe(
        model=model,
        rank=32,
        steps=1000,
        batch=8,
        each=2,
        learning_rate=2e-4,
        warmup=50,
        cooldown=0.3,
        average=0.99,
        left_out=0.1,
        validate_every=200,
        checkpoint_every=100,
        checkpoint_minutes=5.0,
    )
    if model != SMALL:
        return recipe
    return replace(
        recipe,
        steps=400,
        batch=16,
        groups=2,
        each=4,
        learning_rate=2e-3,
        warmup=20,
        cooldown=0.5,
        average=0.98,
        left_out=0.0,
        at_noise=0.5,  # as the one in the package was trained
        checkpointed=0.0,
        validate_every=100,
    )


RECIPES: Mapping[str, Callable[..., LoraRecipe]] = MappingProxyType(
    {"rawcuts": rawcuts, "curatedcuts": curatedcuts, "film": film}
)
"""By the name of their command; each takes the model that is adapted."""
