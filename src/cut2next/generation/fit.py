"""How a pipeline fits a card: weights in fewer bits, off the card when idle, pictures in tiles.

A `Fit` is one combination. What each needs is estimated (`memory.py`), the best that a card has
room for is chosen here, and applied to a pipeline from outside (`placing.py`). No torch here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cut2next.film import InputError
from cut2next.film.fields import check_fields

if TYPE_CHECKING:
    from torch.nn import Linear

F = TypeVar("F")

RESERVE = 2**30
"""Of a card, for what PyTorch's allocator does not count: the CUDA context and fragments."""
NF4_BLOCK = 64
"""Weights that share a scale in nf4."""


class Precision(StrEnum):
    """What the matrices of blocks are kept in; fp8 and int8 have a scale for each row."""

    BF16 = "bf16"
    FP8 = "fp8"
    INT8 = "int8"
    NF4 = "nf4"

    def bytes(self, layer: "Linear") -> int:
        """What a layer's matrix takes in this precision."""
        numbers, rows = layer.weight.numel(), layer.out_features
        match self:
            case Precision.BF16:
                return 2 * numbers
            case Precision.FP8:
                return numbers + 4 * rows
            case Precision.INT8:
                return numbers + 5 * rows
            case Precision.NF4:
                return -(-numbers // 2) + 4 * -(-numbers // NF4_BLOCK)


UNPACKING: Mapping[Precision, int] = MappingProxyType(
    {Precision.BF16: 0, Precision.FP8: 5, Precision.INT8: 1, Precision.NF4: 1}
)
"""Times its size in bf16, what a matrix takes while it is unpacked to compute with it; torchao goes
through float32 with fp8. A card that computes in fp8 unpacks nothing, and needs that much less."""


class Phase(StrEnum):
    """What is done one after the other, each with networks of its own."""

    PROMPTS = "prompts are encoded"
    SHOT = "the current shot is encoded"
    STEPS = "the transformer runs"
    DECODING = "the next shot is decoded"


class Placement(StrEnum):
    """Where weights are while they have nothing to do."""

    RESIDENT = "resident"
    """All on the card."""
    RELEASED = "released"
    """Text encoders first; freed once the prompts are encoded, then all else on the card."""
    MODEL = "model"
    """Each network on the card while it works, and on the CPU otherwise."""
    GROUP = "group"
    """Of the transformer and the large text encoder, a block or two at a time. Slow."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One way to fit a pipeline onto a card. Raises InputError for what is of another kind."""

    precision: Precision = Precision.BF16
    """Of the transformer's blocks; a large text encoder's are in int8 unless this is bf16."""
    placement: Placement = Placement.RESIDENT
    tiled: bool = False
    """Pictures are encoded and decoded in tiles: less memory for large ones, faint seams."""
    most_pixels: int | None = None
    """What larger current shots are brought down to, where there is no memory for them."""

    def __post_init__(self) -> None:
        check_fields(self)


class Held(NamedTuple):
    """Shots that are there at a time, read."""

    shots: int = 1
    """All of them, the one that is cut from included."""
    earlier: int = 0
    """Of these, those before the current one that a next shot is made from as well."""


ONE_SHOT = Held()
"""The current one alone."""


class Weights(NamedTuple):
    """What the weights of a model's networks take, in bytes."""

    transformer: int
    autoencoder: int
    large_text_encoder: int
    small_text_encoders: int


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a model needs to make one next shot, in bytes."""

    weights: Mapping[Precision, Weights]
    """With the transformer's blocks in a precision."""
    working: Mapping[bool, Mapping[Phase, int]]
    """Beside the weights, in each phase; whole (False) and tiled (True)."""
    kept: int
    """Keys and values of the cut."""
    others: int = 0
    """Those of other current shots, which are there all the time."""
    widest: int
    """The largest matrix in bf16."""
    passing_transformer: int
    """What of it is on the card when its blocks pass through."""
    passing_text_encoder: int
    """Likewise, of the large one."""

    def peak(self, fit: Fit) -> int:
        """The most that is on the card at a time."""
        return self.others + self._peak(fit)

    def _peak(self, fit: Fit) -> int:
        transformer, autoencoder, large, small = self.weights[fit.precision]
        work = self.working[fit.tiled]
        unpacked = self.widest * UNPACKING[fit.precision]
        prompts = work[Phase.PROMPTS] + min(unpacked, self.widest)  # its are in int8
        shot, decoding = work[Phase.SHOT], self.kept + work[Phase.DECODING]
        steps = self.kept + work[Phase.STEPS] + unpacked
        match fit.placement:
            case Placement.RESIDENT:
                everything = sum(self.weights[fit.precision])
                return everything + max(prompts, shot, steps, decoding)
            case Placement.RELEASED:
                rest = max(shot, steps, decoding)
                return max(small + large + prompts, autoencoder + transformer + rest)
            case Placement.MODEL:
                # Each leaves when its successor begins; the small ones stay for a while.
                first = large + max(prompts, shot)
                return small + autoencoder + max(first, transformer + steps, decoding)
            case Placement.GROUP:
                first = self.passing_text_encoder + max(prompts, shot)
                then = max(first, self.passing_transformer + steps, decoding)
                return small + autoencoder + then

    @property
    def host(self) -> int:
        """What loading takes of the machine's memory, whatever the card has."""
        return sum(self.weights[Precision.BF16])


def fits(*, fp8: bool = True) -> Iterator[Fit]:
    """Every combination, the best first: true to the weights, then fast.

    `fp8` tells whether the card computes in it; where it does not, int8 is closer to the weights.
    """
    eights = (Precision.FP8, Precision.INT8) if fp8 else (Precision.INT8, Precision.FP8)
    quick = (Placement.RESIDENT, Placement.RELEASED, Placement.MODEL)
    precisions = (Precision.BF16, *eights, Precision.NF4)
    for precision, placement, tiled in product(precisions, quick, (False, True)):
        yield Fit(precision=precision, placement=placement, tiled=tiled)
    for tiled in (False, True):  # what is quantised does not pass through block by block
        yield Fit(placement=Placement.GROUP, tiled=tiled)


def first_fitting(peak: Callable[[F], int], room: int, among: Iterable[F]) -> F | None:
    """The first whose peak, with the reserve, fits into so many bytes; None when none does."""
    return next((fit for fit in among if peak(fit) + RESERVE <= room), None)


def chosen(needed: Demand, room: int, among: Sequence[Fit], *, card: bool = True) -> Fit:
    """The first that fits into so many bytes. Raises InputError when none does.

    Without a card, weights come whole into the memory that they stay in.
    """
    if not card and needed.host > room:
        raise InputError(
            f"{room / 2**30:.1f} GiB of memory",
            expected=f"{needed.host / 2**30:.1f} GiB to load the model, without a CUDA card",
            hint="close other programs, or take another machine",
        )
    if (fit := first_fitting(needed.peak, room, among)) is not None:
        return fit
    least = min(among, key=needed.peak)
    raise InputError(
        f"{room / 2**30:.1f} GiB of memory",
        expected=f"{(needed.peak(least) + RESERVE) / 2**30:.1f} GiB or more, even for "
        f"{least.precision} and {least.placement}",
        hint="make a smaller picture, or take a larger card",
    )
