"""How weights of the diffusers library make pictures, as far as anyone wants it otherwise.

No torch here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.fields import check_fields
from cut2next.generation.ranges import GUIDANCE, STEPS, STRENGTH, Range

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


@dataclass(frozen=True, kw_only=True)
class OurSettings:
    """The same of our own models, which have their LoRAs and their precision elsewhere."""

    steps: int | None = None
    """Of denoising; None for the model's own number."""
    guidance: float = 3.5
    """Of guidance-distilled weights."""
    relation: bool | float = True
    """Whether the relational prompt counts, or how much."""

    def __post_init__(self) -> None:
        check_fields(self)
        GUIDANCE.taken(self.guidance, "guidance")
        STRENGTH.taken(float(self.relation), "relation")
        if self.steps is not None:
            STEPS.taken(self.steps, "steps")


Kind = TypeVar("Kind")


def read_settings(kind: type[Kind], told: Mapping[str, str], **more: object) -> Kind:
    """Settings of a kind, a dataclass, from what was typed of them, and others as they are.

    Raises InputError, naming it, for one that there is not or that is of another kind.
    """
    kinds = {name: given for name, given in get_type_hints(kind).items() if name not in more}
    read: dict[str, object] = {}
    for name, text in told.items():
        if name not in kinds:
            raise InputError(
                f"a setting {one_line(name, 40)!r}",
                expected=f"one of {', '.join(kinds)}",
                hint="leave it out",
            )
        try:
            read[name] = TypeAdapter(kinds[name]).validate_strings(text)
        except ValidationError as error:
            raise InputError(
                f"{name}={one_line(text, 40)!r}",
                expected=one_line(error.errors()[0]["msg"]),
                hint="for example ?steps=8&relation=no",
            ) from error
    return kind(**read, **more)
