"""How a board is laid out on paper."""

from dataclasses import dataclass
from typing import Literal

Field = Literal["number", "length", "action", "dialogue", "notes", "prompt"]


@dataclass(frozen=True, kw_only=True)
class PdfOptions:
    """What a page of paper holds."""

    panels: Literal[1, 2, 3, 6] = 6
    """A page; of a Japanese one, rows."""
    columns: Literal["western", "japanese"] = "western"
    """Pictures in a grid with words beneath; or cut, picture, action, dialogue and time in columns,
    on upright paper."""
    from_right: bool = False
    """Whether Japanese columns go from right to left."""
    paper: Literal["a4", "letter"] = "a4"
    fields: tuple[Field, ...] = ("number", "length", "action", "dialogue", "notes")
    """What is told of a panel beside its picture."""
