"""The idea of Cut2Next on one screen: what modulates a segment, and what a segment may read.

The `clock` and `pooled_from` columns are the paper's context-aware condition injection (CACI), the
`reads` column is its hierarchical attention mask (HAM).
Everything else is derived from a table: modulation, attention, positions, what may be cached and
what makes a cache stale. A variant of the method is another table, never a flag.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from cut2next.film.errors import InputError


class Segment(StrEnum):
    """A named stretch of the sequence."""

    RELATIONAL_PROMPT = "relational prompt"
    CURRENT_PROMPT = "current prompt"
    NEXT_PROMPT = "next prompt"
    CURRENT_SHOT = "current shot"
    NEXT_SHOT = "next shot"

    @property
    def is_prompt(self) -> bool:
        """Whether its tokens are text; the other segments are shots."""
        return self.value.endswith("prompt")


class Clock(StrEnum):
    """Which timestep modulates a segment: always 0, or the t of the denoising step."""

    CLEAN = "clean"
    NOISY = "noisy"


def named(segments: Iterable[Segment]) -> str:
    """Some segments as error messages list them."""
    return ", ".join(sorted(segments)) or "none"


@dataclass(frozen=True, kw_only=True)
class SegmentRule:
    """One row of a table: everything the method says about one segment."""

    segment: Segment
    clock: Clock
    pooled_from: Segment
    """The prompt whose pooled text vector modulates the segment, beside its clock."""
    reads: frozenset[Segment]
    """The segments its tokens may attend to, in every self-attention."""
    widths_left: int = 0
    """How many of its own widths a shot is laid out to the left of the next shot's place.

    The paper does not say where the current shot lies. Giving both shots the same positions is
    linked to copying; side by side, as in OminiControl and IC-LoRA, is the safe default.
    """


@dataclass(frozen=True)
class SegmentTable:
    """The rules of all segments. The order of the rows is the order of the sequence.

    Raises ValueError when the rules do not fit together.
    """

    name: str
    rules: tuple[SegmentRule, ...]

    def __post_init__(self) -> None:
        if len(set(self.segments)) != len(self.rules):
            raise ValueError(f"table {self.name!r} has two rules for one segment")
        if Segment.NEXT_SHOT not in self.segments:
            raise ValueError(f"table {self.name!r} has no next shot, so there is nothing to make")
        for rule in self.rules:
            self._check(rule)

    def __getitem__(self, segment: Segment) -> SegmentRule:
        return next(rule for rule in self.rules if rule.segment is segment)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments in the order of the sequence."""
        return tuple(rule.segment for rule in self.rules)

    @property
    def cacheable(self) -> frozenset[Segment]:
        """Segments that are the same at every step: all they read, through others too, is clean."""
        return frozenset(
            segment
            for segment in self.segments
            if all(self[read].clock is Clock.CLEAN for read in self.readings(segment))
        )

    def readings(self, segment: Segment) -> frozenset[Segment]:
        """What reaches a segment's tokens through attention, directly and through others."""
        reached, frontier = {segment}, {segment}
        while frontier:
            frontier = {read for one in frontier for read in self[one].reads} - reached
            reached |= frontier
        return frozenset(reached)

    def depends_on(self, segment: Segment) -> frozenset[Segment]:
        """What makes a cache of the segment stale: its readings, and the prompts they pool from."""
        readings = self.readings(segment)
        return readings | {self[read].pooled_from for read in readings}

    def without(self, segments: Collection[Segment]) -> "SegmentTable":
        """The table in which some segments do not exist; itself for none.

        Raises ValueError when what is left pools from one of them, or there is no next shot left.
        """
        if not segments:
            return self
        return SegmentTable(
            f"{self.name} without {named(segments)}",
            tuple(
                replace(rule, reads=rule.reads.difference(segments))
                for rule in self.rules
                if rule.segment not in segments
            ),
        )

    def _check(self, rule: SegmentRule) -> None:
        where = f"table {self.name!r}, {rule.segment}"
        if missing := rule.reads.difference(self.segments):
            raise ValueError(f"{where}: reads {named(missing)}, which the table does not have")
        if rule.segment not in rule.reads:
            raise ValueError(f"{where}: must read itself")
        if not rule.pooled_from.is_prompt or rule.pooled_from not in self.segments:
            raise ValueError(f"{where}: pooled from {rule.pooled_from}, not a prompt of the table")
        if rule.segment.is_prompt and rule.widths_left:
            raise ValueError(f"{where}: a prompt has no place in the picture to shift")


_RP, _CP, _NP = Segment.RELATIONAL_PROMPT, Segment.CURRENT_PROMPT, Segment.NEXT_PROMPT
_CS, _NS = Segment.CURRENT_SHOT, Segment.NEXT_SHOT
_CLEAN, _NOISY = Clock.CLEAN, Clock.NOISY
_ALL = frozenset(Segment)


def _row(
    segment: Segment,
    clock: Clock,
    pooled_from: Segment,
    reads: set[Segment] | frozenset[Segment],
    widths_left: int = 0,
) -> SegmentRule:
    return SegmentRule(
        segment=segment,
        clock=clock,
        pooled_from=pooled_from,
        reads=frozenset(reads),
        widths_left=widths_left,
    )


# The paper writes the sequence as [relational, current prompt, next prompt, current shot, next
# shot] (Eq. 1). Positions are explicit, so order is free; in the order below every reading set of
# the paper is one contiguous stretch (HAM is a band) and attention needs no gather.

PAPER = SegmentTable(
    "paper",
    (
        _row(_CP, _CLEAN, _CP, {_CP, _CS}),
        _row(_CS, _CLEAN, _CP, {_CP, _CS, _RP, _NS}, widths_left=1),
        _row(_RP, _CLEAN, _RP, {_CS, _RP, _NS}),
        _row(_NS, _NOISY, _NP, {_CS, _RP, _NS, _NP}),
        _row(_NP, _NOISY, _NP, {_NS, _NP}),
    ),
)
"""CACI and HAM as published. Pooled vectors of the prompts themselves are ours: each its own."""

SYNC_COND = SegmentTable(
    "sync-cond",
    (
        _row(_CP, _NOISY, _CP, {_CP, _CS}),
        _row(_CS, _NOISY, _CP, {_CP, _CS, _RP, _NS}, widths_left=1),
        _row(_RP, _NOISY, _RP, {_CS, _RP, _NS}),
        _row(_NS, _NOISY, _NP, {_CS, _RP, _NS, _NP}),
        _row(_NP, _NOISY, _NP, {_NS, _NP}),
    ),
)
"""The paper's ablation of CACI: every segment gets the timestep t."""

FULL_ATTENTION = SegmentTable(
    "full-attention",
    (
        _row(_CP, _CLEAN, _CP, _ALL),
        _row(_CS, _CLEAN, _CP, _ALL, widths_left=1),
        _row(_RP, _CLEAN, _RP, _ALL),
        _row(_NS, _NOISY, _NP, _ALL),
        _row(_NP, _NOISY, _NP, _ALL),
    ),
)
"""CACI without HAM; the paper never ablates its mask."""

CLOSED = SegmentTable(
    "closed",
    (
        _row(_CP, _CLEAN, _CP, {_CP, _CS}),
        _row(_CS, _CLEAN, _CP, {_CP, _CS}, widths_left=1),
        _row(_RP, _CLEAN, _RP, {_CS, _RP}),
        _row(_NS, _NOISY, _NP, {_CS, _RP, _NS, _NP}),
        _row(_NP, _NOISY, _NP, {_NS, _NP}),
    ),
)
"""Ours: nothing clean reads anything noisy, so the clean half is computed once for all steps.

The current shot does not read the relational prompt either: its half outlives the cut, and serves
every pattern, seed and next prompt that is tried on the same shot.
"""

TABLES: Mapping[str, SegmentTable] = MappingProxyType(
    {table.name: table for table in (PAPER, SYNC_COND, FULL_ATTENTION, CLOSED)}
)


def table_named(name: str) -> SegmentTable:
    """The table called `name`. Raises InputError, naming the tables there are."""
    if name in TABLES:
        return TABLES[name]
    raise InputError(
        f"unknown segment table {name!r}",
        expected="one of " + ", ".join(TABLES),
        hint="`cut2next explain` shows each of them",
    )
