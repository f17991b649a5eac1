"""What a metric is: a number of one next shot, and what must be known of a case to take it."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cut2next.cutbench.cases import Case
from cut2next.cutbench.features.network import NetworkFacts
from cut2next.film import EditingPattern, InputError

Pixels = NDArray[np.uint8]
"""A picture as bytes [H, W, 3]."""

CaseT = TypeVar("CaseT", bound=Case)


@dataclass(frozen=True, kw_only=True)
class Column:
    """How a table shows a metric."""

    heading: str
    width: int
    factor: int = 100
    form: str = ".1f"
    interval: bool = False


@dataclass(frozen=True, kw_only=True)
class Metric(Generic[CaseT]):
    """One figure of a report: the mean of `value` over the cases that have something to say."""

    name: str
    needs: type[CaseT]
    """What a case must be; the metric is left out for all others."""
    value: Callable[[CaseT, Image.Image], float | None]
    """The number of a next shot made for a case; None where the case has nothing to say."""
    meaning: str = ""
    """In a report's words; empty where the name is enough."""
    column: Column | None = None
    """Its place in a table; None for what stands in the report only."""
    facts: NetworkFacts | None = None
    """What read the pictures; None for what needs no weights. Stored with every result."""
    ahead: Callable[[Sequence[tuple[CaseT, Image.Image]]], None] | None = None
    """Reads what it needs of several next shots at once, for `value` to look up."""

    def of(self, case: Case, picture: Image.Image) -> float | None:
        """The value where the case has what is needed. Raises InputError as `value` does."""
        if not isinstance(case, self.needs):
            return None
        value = self.value(case, picture)
        return None if value is None else float(value)


def read_ahead(metrics: Iterable[Metric[Any]], shots: Sequence[tuple[Case, Image.Image]]) -> None:
    """Lets every metric read in batches what it needs of next shots that are to be judged."""
    for metric in metrics:
        of_its_kind = [shot for shot in shots if isinstance(shot[0], metric.needs)]
        if metric.ahead is not None and of_its_kind:
            metric.ahead(of_its_kind)


def shared(found: Set[EditingPattern], asked: Set[EditingPattern]) -> float:
    """Of the patterns that were found or asked for, the share that are both (Jaccard)."""
    return len(found & asked) / len(found | asked)


def pixels_of(picture: Image.Image, size: tuple[int, int]) -> Pixels:
    """The bytes of a next shot. Raises InputError unless it has the true one's width and height."""
    if picture.size != size:
        raise InputError(
            "a next shot of {}x{}".format(*picture.size),
            expected="one of {}x{}, as the true one".format(*size),
            hint="judge the model at its own size",
        )
    return np.asarray(picture.convert("RGB"))
