"""What a metric of a whole set is: made shots against true ones, as two clouds of vectors."""

from collections.abc import Callable
from dataclasses import dataclass

from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.metrics.metric import Column

INCEPTION = "Inception"
"""The kind of network whose distances have the names FID and KID."""


@dataclass(frozen=True, kw_only=True)
class SetFigure:
    """A distance between two sets of pictures."""

    value: float
    low: float | None = None
    high: float | None = None
    """The interval; None where none is sound."""
    made: int
    true: int
    """Pictures of each."""


@dataclass(frozen=True, kw_only=True)
class SetMetric:
    """One figure of a maker: a distance of all its next shots to the true ones."""

    name: str
    features: Features
    """What reads the pictures."""
    of: Callable[[Vectors, Vectors], SetFigure]
    """From the vectors of made shots and of true ones, [N, D] and [M, D]. Raises InputError for
    sets that it cannot compare."""
    meaning: str
    column: Column
    least: int
    """Pictures of each that it takes; of fewer it has nothing to say."""


def name_by(network: str, with_inception: str, otherwise: str) -> str:
    """A distance's name: that which everybody knows for the network that it was made with alone."""
    return with_inception if network == INCEPTION else f"{otherwise}-{network.lower()}"
