"""How weights of the diffusers library make pictures, as far as anyone wants it otherwise.

No torch here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cut2next.film import InputError
from cut2next.film.fields import check_fields
from cut2next.generation.ranges import GUIDANCE, STEPS, Range

PIXELS = Range(16 * 16, 2**24, 2**20)
"""The area of a picture, and what that may be."""
BYTES: Mapping[str, int] = MappingProxyType({"bfloat16": 2, "float16": 2, "float32": 4})
"""Of a number, by the name of its type."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is not told is as the model's own page recommends.

    Raises InputError for what is of another kind or range.
    """

    loras: Sequence[tuple[Path, float]] = ()
    """Files of safetensors and their weights."""
    steps: int | None = None
    """Of denoising."""
    guidance: float | None = None
    """Distilled, or classifier-free, whichever the model has; 1 is none of the latter."""
    dtype: str = "bfloat16"
    relation: bool = True
    """Whether the relational prompt is among the words: without it, what it brings is measured."""
    pixels: int | None = None
    """About the area of the pictures, which are then brought to a brief's size."""

    def __post_init__(self) -> None:
        check_fields(self)
        for name, allowed in {"steps": STEPS, "guidance": GUIDANCE, "pixels": PIXELS}.items():
            if (given := getattr(self, name)) is not None:
                allowed.taken(given, name)  # type: ignore[attr-defined]
        if self.dtype not in BYTES:
            raise InputError(
                f"dtype {self.dtype!r}",
                expected=f"one of {', '.join(BYTES)}",
                hint="leave it out for bfloat16",
            )
