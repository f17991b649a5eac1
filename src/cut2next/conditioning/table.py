"""What a segment table is, and all that follows from one.

The `clock` and `pooled_from` columns are the paper's context-aware condition injection (CACI), the
`reads` column is its hierarchical attention mask (HAM). What may be cached, and what makes a cache
stale, is derived here; spans and positions in `layout.py`.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, NamedTuple


class Kind(StrEnum):
    """What a segment is."""

    RELATIONAL_PROMPT = "relational prompt"
    PROMPT = "prompt"
    SHOT = "shot"


@dataclass(frozen=True, order=True)
class Segment:
    """A stretch of the sequence: its kind, and the shot that it belongs to.

    Shots are counted back from the next one, which is 0: the current shot is -1, the one before it
    -2. The relational prompt is that of the cut to its shot.
    """

    kind: Kind
    index: int = 0

    RELATIONAL_PROMPT: ClassVar["Segment"]
    CURRENT_PROMPT: ClassVar["Segment"]
    NEXT_PROMPT: ClassVar["Segment"]
    CURRENT_SHOT: ClassVar["Segment"]
    NEXT_SHOT: ClassVar["Segment"]

    def __str__(self) -> str:
        return _NAMES.get((self.kind, self.index), f"{self.kind} {self.index}")

    @classmethod
    def named(cls, name: str) -> "Segment":
        """The segment of that name, as `str` writes it. Raises ValueError for no such name."""
        for kind, index in _NAMES:
            if name == _NAMES[kind, index]:
                return cls(kind, index)
        kinds = "|".join(Kind)
        if match := re.fullmatch(rf"({kinds}) (-\d+)", name):
            return cls(Kind(match[1]), int(match[2]))
        raise ValueError(f"no segment is called {name!r}")

    def back(self, shots: int) -> "Segment":
        """The same of so many shots before."""
        return replace(self, index=self.index - shots)

    @property
    def is_prompt(self) -> bool:
        """Whether its tokens are text; the other segments are shots."""
        return self.kind is not Kind.SHOT

    @property
    def is_context(self) -> bool:
        """Whether it is there before the cut is thought of: an earlier shot, or its prompt."""
        return self.index < 0 and self.kind is not Kind.RELATIONAL_PROMPT


_NAMES = {
    (Kind.RELATIONAL_PROMPT, 0): "relational prompt",
    (Kind.PROMPT, -1): "current prompt",
    (Kind.PROMPT, 0): "next prompt",
    (Kind.SHOT, -1): "current shot",
    (Kind.SHOT, 0): "next shot",
}
Segment.RELATIONAL_PROMPT = Segment(Kind.RELATIONAL_PROMPT)
Segment.CURRENT_PROMPT, Segment.NEXT_PROMPT = Segment(Kind.PROMPT, -1), Segment(Kind.PROMPT)
Segment.CURRENT_SHOT, Segment.NEXT_SHOT = Segment(Kind.SHOT, -1), Segment(Kind.SHOT)


class Clock(StrEnum):
    """Which timestep modulates a segment: always 0, or the t of the denoising step."""

    CLEAN = "clean"
    NOISY = "noisy"


class Place(NamedTuple):
    """Where a shot lies on FLUX's axes, counted from the next shot: t in steps, y and x in shots.

    All of a prompt lies where a shot of its place would begin.

    The paper does not say where the current shot lies. Giving both shots the same positions is
    linked to copying; side by side, as in OminiControl and IC-LoRA, is the safe default.
    """

    t: int = 0
    y: int = 0
    x: int = 0


ORIGIN, LEFT = Place(), Place(x=-1)


def listed(segments: Iterable[Segment]) -> str:
    """Some segments as error messages list them."""
    return ", ".join(sorted(map(str, segments))) or "none"


@dataclass(frozen=True, kw_only=True)
class SegmentRule:
    """One row of a table: everything the method says about one segment."""

    segment: Segment
    clock: Clock
    pooled_from: Segment
    """The prompt whose pooled text vector modulates the segment, beside its clock."""
    reads: frozenset[Segment]
    """The segments its tokens may attend to, in every self-attention."""
    place: Place = ORIGIN


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
        return next(rule for rule in self.rules if rule.segment == segment)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments in the order of the sequence."""
        return tuple(rule.segment for rule in self.rules)

    @property
    def prompts(self) -> tuple[Segment, ...]:
        """Its prompts, in the order of the sequence."""
        return tuple(segment for segment in self.segments if segment.is_prompt)

    @property
    def context(self) -> frozenset[Segment]:
        """The current half: the shots before the cut, and their prompts."""
        return frozenset(segment for segment in self.segments if segment.is_context)

    @property
    def cacheable(self) -> frozenset[Segment]:
        """Segments that are the same at every step: all they read, through others too, is clean."""
        return frozenset(
            segment
            for segment in self.segments
            if all(self[read].clock is Clock.CLEAN for read in self.readings(segment))
        )

    @property
    def lasting(self) -> frozenset[Segment]:
        """Segments that stay the same for as long as the current half does, whatever the cut."""
        return frozenset(
            segment for segment in self.cacheable if self.depends_on(segment) <= self.context
        )

    def readings(self, segment: Segment) -> frozenset[Segment]:
        """What reaches a segment's tokens through attention, directly and through others."""
        reached, frontier = {segment}, {segment}
        while frontier:
            frontier = {read for reader in frontier for read in self[reader].reads} - reached
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
            f"{self.name} without {listed(segments)}",
            tuple(
                replace(rule, reads=rule.reads.difference(segments))
                for rule in self.rules
                if rule.segment not in segments
            ),
        )

    def _check(self, rule: SegmentRule) -> None:
        where = f"table {self.name!r}, {rule.segment}"
        if missing := rule.reads.difference(self.segments):
            raise ValueError(f"{where}: reads {listed(missing)}, which the table does not have")
        if rule.segment not in rule.reads:
            raise ValueError(f"{where}: must read itself")
        if not rule.pooled_from.is_prompt or rule.pooled_from not in self.segments:
            raise ValueError(f"{where}: pooled from {rule.pooled_from}, not a prompt of the table")


READS, READS_NOT = "●", "·"


class DrawnRow(NamedTuple):
    """A rule as it is drawn: a mark for each segment of the table, in the order of its rows."""

    segment: str
    reads: str
    clock: Clock
    pooled_from: str
    place: Place = ORIGIN


def drawn_table(name: str, *rows: DrawnRow) -> SegmentTable:
    """The table of a drawing. Raises ValueError for marks that are not one for each row."""
    segments = [Segment.named(row.segment) for row in rows]
    rules = []
    for segment, row in zip(segments, rows, strict=True):
        marks = row.reads.split()
        if len(marks) != len(rows) or not {READS, READS_NOT}.issuperset(marks):
            raise ValueError(f"table {name!r}, {segment}: {row.reads!r} is no row of {len(rows)}")
        reads = (read for read, mark in zip(segments, marks, strict=True) if mark == READS)
        rules.append(
            SegmentRule(
                segment=segment,
                clock=row.clock,
                pooled_from=Segment.named(row.pooled_from),
                reads=frozenset(reads),
                place=row.place,
            )
        )
    return SegmentTable(name, tuple(rules))
