"""The five editing patterns of the paper (section 3), each as an editor would define it.

A cut carries a *set* of them: "Cutaway, Multi-Angle" is one cut. The model has no pattern token; a
pattern reaches it as words in the relational prompt.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from cut2next.film.errors import InputError
from cut2next.film.fields import check_kind


class EditingPattern(Enum):
    """How a cut goes. The value is the name used on the command line and in files."""

    SHOT_REVERSE_SHOT = "shot-reverse-shot"
    CUT_IN = "cut-in"
    CUT_OUT = "cut-out"
    CUTAWAY = "cutaway"
    MULTI_ANGLE = "multi-angle"

    @property
    def label(self) -> str:
        """The pattern's name in prose and tables: "Shot/Reverse Shot"."""
        return _LABELS[self]

    @property
    def definition(self) -> str:
        """What an editor means by the pattern, as one sentence."""
        return _DEFINITIONS[self]


_LABELS = {
    EditingPattern.SHOT_REVERSE_SHOT: "Shot/Reverse Shot",
    EditingPattern.CUT_IN: "Cut-In",
    EditingPattern.CUT_OUT: "Cut-Out",
    EditingPattern.CUTAWAY: "Cutaway",
    EditingPattern.MULTI_ANGLE: "Multi-Angle",
}

_DEFINITIONS = {
    EditingPattern.SHOT_REVERSE_SHOT: (
        "Two people face each other; the cut answers one with the converse view of the other, "
        "from the same side of the line between them."
    ),
    EditingPattern.CUT_IN: "Closer, on a person or a detail that was already in the frame.",
    EditingPattern.CUT_OUT: "Back from a person or a detail to the wider view that holds it.",
    EditingPattern.CUTAWAY: (
        "Away from the action to something else that belongs to the scene, or back from there."
    ),
    EditingPattern.MULTI_ANGLE: (
        "The same subject at a similar size, from an angle at least thirty degrees away."
    ),
}


def parse_pattern(text: str) -> EditingPattern:
    """The pattern called `text`, by value or label, whatever the case, spaces or slashes.

    Raises InputError, naming the five, when there is none.
    """
    wanted = "".join(letter for letter in text.casefold() if letter.isalnum())
    for pattern in EditingPattern:
        if wanted == pattern.value.replace("-", ""):
            return pattern
    raise InputError(
        f"unknown editing pattern {text!r}",
        expected="one of " + ", ".join(pattern.value for pattern in EditingPattern),
        hint="repeat --pattern to combine several",
    )


def patterns_label(patterns: Iterable[EditingPattern]) -> str:
    """Several patterns as the paper writes them, in its order: "Cutaway, Multi-Angle"."""
    return ", ".join(pattern.label for pattern in in_order(patterns))


def in_order(patterns: Iterable[EditingPattern]) -> list[EditingPattern]:
    """Several patterns, each once, in the paper's order. Raises InputError for what is none."""
    given: Any = patterns
    chosen = given if isinstance(given, str) else list(given)
    hint = 'for example {EditingPattern.CUT_IN}, or parse_pattern("cut-in")'
    check_kind("patterns", chosen, Sequence[EditingPattern], hint)
    return [pattern for pattern in EditingPattern if pattern in chosen]
