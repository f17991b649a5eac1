"""The tables that are compared with the paper's: each takes one thing of it away.

They have names, so that weights may be trained under them, but are not offered to anybody who makes
pictures.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from cut2next.conditioning.segments import CLOSED, PAPER, TABLES
from cut2next.conditioning.table import (
    LEFT,
    ORIGIN,
    Clock,
    Place,
    Segment,
    SegmentTable,
    drawn_table,
)
from cut2next.conditioning.table import DrawnRow as Row
from cut2next.film.errors import InputError

CLEAN, NOISY = Clock.CLEAN, Clock.NOISY

TEXT_TO_IMAGE = CLOSED.without(CLOSED.context | {Segment.RELATIONAL_PROMPT})
"""What the paper begins from: a picture of its own prompt. Every table has this part alike."""

NO_RELATIONAL_PROMPT = replace(
    PAPER.without({Segment.RELATIONAL_PROMPT}), name="no-relational-prompt"
)

NOISY_RELATION = drawn_table(
    "noisy-relation",
    Row("current prompt",    "●       ●       ·          ·    ·", CLEAN, "current prompt"),
    Row("current shot",      "●       ●       ●          ●    ·", CLEAN, "current prompt", LEFT),
    Row("relational prompt", "·       ●       ●          ●    ·", NOISY, "relational prompt"),
    Row("next shot",         "·       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "·       ·       ·          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""The relational prompt goes by the step's clock, as the next shot does that it reads."""

NO_SHOT_BRIDGE = drawn_table(
    "no-shot-bridge",
    Row("current prompt",    "●       ●       ·          ·    ·", CLEAN, "current prompt"),
    Row("current shot",      "●       ●       ●          ·    ·", CLEAN, "current prompt", LEFT),
    Row("relational prompt", "·       ●       ●          ●    ·", CLEAN, "relational prompt"),
    Row("next shot",         "·       ·       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "·       ·       ·          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""The shots do not read each other: what goes from one to the other goes through the relation."""

NO_PROMPT_BRIDGE = drawn_table(
    "no-prompt-bridge",
    Row("current prompt",    "●       ●       ·          ·    ·", CLEAN, "current prompt"),
    Row("current shot",      "●       ●       ●          ●    ·", CLEAN, "current prompt", LEFT),
    Row("relational prompt", "·       ·       ●          ·    ·", CLEAN, "relational prompt"),
    Row("next shot",         "·       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "·       ·       ·          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""The relational prompt reads no shot: it says something to both, and carries nothing over."""

ONE_PROMPT = drawn_table(
    "one-prompt",
    Row("current prompt",    "●       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("current shot",      "●       ●       ●          ●    ●", NOISY, "next prompt", LEFT),
    Row("relational prompt", "●       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next shot",         "●       ●       ●          ●    ●", NOISY, "next prompt"),
    Row("next prompt",       "●       ●       ●          ●    ●", NOISY, "next prompt"),
)  # fmt: skip
"""IC-LoRA-Cond, the paper's baseline: everything reads everything, by one clock and one pooled
vector, so that the three prompts are as one; the current shot stays without noise all the same.

The text encoders read each prompt for itself all the same: those of the mini model were never
taught longer texts."""


def placed(table: SegmentTable, place: Place, name: str) -> SegmentTable:
    """The table with the current shot at another place."""
    return SegmentTable(
        name,
        tuple(
            replace(rule, place=place) if rule.segment == Segment.CURRENT_SHOT else rule
            for rule in table.rules
        ),
    )


ALIGNED = placed(PAPER, ORIGIN, "aligned")
"""The current shot at the next one's own positions."""

INDEX_AXIS = placed(PAPER, Place(t=1), "index-axis")
"""The current shot one further on the first axis alone, as Kontext places its pictures."""

ABLATIONS: Mapping[str, SegmentTable] = MappingProxyType(
    {
        table.name: table
        for table in (
            NOISY_RELATION,
            NO_SHOT_BRIDGE,
            NO_PROMPT_BRIDGE,
            NO_RELATIONAL_PROMPT,
            ONE_PROMPT,
            ALIGNED,
            INDEX_AXIS,
        )
    }
)


def known_table(name: str) -> SegmentTable | None:
    """The table called `name`, one of `TABLES` or `ABLATIONS`."""
    return TABLES.get(name) or ABLATIONS.get(name)


def table_named(name: str) -> SegmentTable:
    """The table called `name`. Raises InputError, naming the tables to choose from."""
    if table := known_table(name):
        return table
    raise InputError(
        f"unknown segment table {name!r}",
        expected="one of " + ", ".join(TABLES),
        hint="`cut2next explain` shows each of them",
    )
