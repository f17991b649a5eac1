"""How far a recipe is."""

from typing import NamedTuple


class Progress(NamedTuple):
    """One step of one stage done; `loss` where there is one, `note` for what a person must know."""

    stage: str
    done: int
    total: int
    loss: float | None = None
    note: str = ""
