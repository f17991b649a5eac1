"""What a laboratory has besides its sets: cuts of another kind, made where a lesson needs them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cut2next.experiments.encoded_extremes import drawn_extremes, prepare_extremes
from cut2next.experiments.laboratory import Laboratory
from cut2next.recipes.mini.encoded_rushes import DrawnFrom
from cut2next.recipes.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Besides:
    """One kind."""

    name: str
    prepare: Callable[[Laboratory], Iterator[Progress]]
    """Makes them, unless they are there ..."""
    drawn: Callable[[Laboratory], DrawnFrom]
    """... and reads them."""
    share: float
    """Of all that is learnt from."""


IN_ACTION = Besides(
    name="action",
    prepare=lambda laboratory: laboratory.encode(laboratory.sets_in_action),
    drawn=lambda laboratory: laboratory.read(laboratory.sets_in_action),
    share=1 / 4,
)
"""What the paper's filter leaves out: people in poses, hands, heads and cameras that move."""
EXTREMES = Besides(name="extremes", prepare=prepare_extremes, drawn=drawn_extremes, share=1 / 2)
"""Cuts that break a rule on purpose (`soundstage/extremes.py`)."""
