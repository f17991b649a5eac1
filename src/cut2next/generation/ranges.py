"""The numbers that a next shot may be asked for with: one place for the command line and Python.

No torch here.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from cut2next.film.errors import InputError, one_line
from cut2next.film.fields import fits

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Range(Generic[Number]):
    """Numbers from `least` to `most`; whole ones, where these are."""

    least: Number
    most: Number
    example: Number

    def __str__(self) -> str:
        if isinstance(self.least, int):
            return f"a whole number, {self.least} to {self.most}"
        return f"a number from {self.least:g} to {self.most:g}"

    def taken(self, given: object, name: str) -> Number:
        """What was given under a name, as Python's own number. Raises InputError for another."""
        kind = type(self.least)
        if not fits(given, kind) or not self.least <= given <= self.most:  # type: ignore[operator]
            raise InputError(
                f"{name}={one_line(repr(given), 80)}",
                expected=str(self),
                hint=f"for example {self.example}",
            )
        return kind(given)  # type: ignore[arg-type, no-any-return, call-overload]


STEPS = Range(1, 1000, 4)
"""Of denoising; FLUX.1 was trained on a thousand."""
NEXT_SHOTS = Range(1, 1000, 4)
"""Of one request, or of one prompt in one call."""
OF_A_CASE = Range(1, 100, 4)
"""Next shots of one maker for a benchmark's case."""
EARLIER_SHOTS = Range(0, 8, 3)
"""That weights may have learnt to read, before the current one."""
SEED = Range(0, 2**63 - 1, 7)
"""What fits torch's generators and a Parquet column."""
STRENGTH = Range(0.0, 4.0, 0.7)
"""How strongly a segment counts; beyond 4 a picture only burns."""
GUIDANCE = Range(0.0, 30.0, 3.5)
"""How strongly guidance-distilled weights follow the prompt."""
