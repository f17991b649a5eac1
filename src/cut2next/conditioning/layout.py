"""Where each segment of a table lies in a sequence, and what one pass over some of them needs.

A `Layout` is a table with token counts. A `Pass` is what one forward pass runs: some segments, and
the ones whose keys and values come from a cache instead. All arithmetic of spans happens here, once
for each pass; the blocks only follow.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from cut2next.conditioning.table import Clock, Place, Segment, SegmentTable, listed

Key = TypeVar("Key", bound=Hashable)


class Stream(StrEnum):
    """Which weights of a double-stream block a segment goes through."""

    TEXT = "text"
    IMAGE = "image"


class Span(NamedTuple):
    """Tokens `start` to `stop` of the running sequence."""

    start: int
    stop: int


class ModulationRow(NamedTuple):
    """One of the few distinct vectors that modulate a pass."""

    clock: Clock
    pooled_from: Segment


class Modulated(NamedTuple):
    """So many adjacent tokens under one modulation row."""

    row: int
    length: int


class Reading(NamedTuple):
    """So many adjacent tokens that read the same, and where the keys that they attend to lie.

    A source of keys is a span of the running sequence, or a segment that is in the cache.
    """

    sources: tuple[Span | Segment, ...]
    length: int


class Piece(NamedTuple):
    """So many adjacent tokens of the running sequence that belong to one stream."""

    stream: Stream
    length: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A table with sizes: how many tokens each segment has, and where a shot's tokens lie.

    `prompt_tokens` counts the tokens of each prompt, `shot_sizes` gives (height, width) of each
    shot in packed tokens; the shots may differ. Raises ValueError unless the sizes name exactly the
    segments of the table.
    """

    table: SegmentTable
    prompt_tokens: Mapping[Segment, int]
    shot_sizes: Mapping[Segment, tuple[int, int]]

    def __post_init__(self) -> None:
        if {*self.prompt_tokens, *self.shot_sizes} != set(self.table.segments):
            raise ValueError(
                f"sizes given for {listed({*self.prompt_tokens, *self.shot_sizes})}, "
                f"table {self.table.name!r} has {listed(self.table.segments)}"
            )
        for segment in self.table.segments:
            if segment.is_prompt != (segment in self.prompt_tokens):
                raise ValueError(f"{segment}: prompts are counted in tokens, shots have two sides")
            if (tokens := self.tokens(segment)) < 1:
                raise ValueError(f"{segment}: has {tokens} tokens")

    def tokens(self, segment: Segment) -> int:
        """How many tokens a segment has."""
        if segment.is_prompt:
            return self.prompt_tokens[segment]
        height, width = self.shot_sizes[segment]
        return height * width

    def positions(self, segment: Segment, device: torch.device | None = None) -> Tensor:
        """Position ids (t, y, x) of a segment's tokens, float32 [L, 3]; a text has one for all.

        A shot to the left ends where the one to its right begins, so its place does not depend on
        the size of the next shot, and a cache of it serves next shots of any size.
        """
        t, top, left = self._origin(self.table[segment].place)
        if segment.is_prompt:
            first = torch.tensor([[t, top, left]], dtype=torch.float32, device=device)
            return first.expand(self.prompt_tokens[segment], 3)
        height, width = self.shot_sizes[segment]
        rows, columns = torch.arange(top, top + height), torch.arange(left, left + width)
        # [H, W] places, row by row as latents are packed, and t the same for all: [H·W, 3].
        ids = torch.cartesian_prod(torch.tensor([t]), rows, columns)
        return ids.to(device, torch.float32)

    def _origin(self, place: Place) -> tuple[int, int, int]:
        """The first (t, y, x) of a place: shots between it and the next shot take their room."""
        return (
            place.t,
            _offset(place.y, {other.y: height for other, (height, _) in self._placed(0)}),
            _offset(place.x, {other.x: width for other, (_, width) in self._placed(1)}),
        )

    def _placed(self, axis: int) -> list[tuple[Place, tuple[int, int]]]:
        """Places and sizes, the smallest first: of several shots in a row the largest counts."""
        shots = sorted(self.shot_sizes.items(), key=lambda shot: shot[1][axis])
        return [(self.table[segment].place, size) for segment, size in shots]

    def without(self, segments: Collection[Segment]) -> "Layout":
        """The layout in which some segments do not exist."""
        return replace(
            self,
            table=self.table.without(segments),
            prompt_tokens={s: n for s, n in self.prompt_tokens.items() if s not in segments},
            shot_sizes={s: size for s, size in self.shot_sizes.items() if s not in segments},
        )

    def step(self, cached: Collection[Segment] = ()) -> "Pass":
        """A denoising step: all that is not cached runs.

        Raises ValueError when what is cached may not be, in this table.
        """
        if stale := set(cached) - self.table.cacheable:
            raise ValueError(f"table {self.table.name!r} does not let {listed(stale)} be cached")
        return plan_pass(self, set(self.table.segments).difference(cached), cached)

    def prefill(self, segments: Collection[Segment], cached: Collection[Segment] = ()) -> "Pass":
        """A pass that keeps the keys and values of `segments`, reading also those in `cached`.

        Raises ValueError when a segment is not cacheable in this table, or reads one that neither
        runs nor is cached.
        """
        if not segments or not self.table.cacheable.issuperset(segments):
            raise ValueError(
                f"cannot cache {listed(segments)}: in table {self.table.name!r} the segments "
                f"that stay the same at every step are {listed(self.table.cacheable)}"
            )
        return plan_pass(self, segments, cached, keeps=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """What one pass runs. Plain numbers, worked out once; every tuple is in running order."""

    layout: Layout
    running: tuple[Segment, ...]
    cached: tuple[Segment, ...]
    keeps: bool
    """Whether the keys and values of what runs are kept."""
    rows: tuple[ModulationRow, ...]
    """The distinct modulation rows of the running segments."""
    row: Mapping[Segment, int]
    """Which of them modulates each running segment."""
    modulated: tuple[Modulated, ...]
    """Which row modulates which stretch of the whole running sequence."""
    modulated_by_stream: Mapping[Stream, tuple[Modulated, ...]]
    """The same for each stream alone; a stream in which nothing runs is absent."""
    readings: tuple[Reading, ...]
    """Neighbours that read the same are one, hence one call of attention."""
    pieces: tuple[Piece, ...]
    """How the running sequence alternates between the streams."""

    @property
    def pooled_from(self) -> frozenset[Segment]:
        """The prompts whose pooled vectors modulate what runs."""
        return frozenset(row.pooled_from for row in self.rows)

    def positions(self, device: torch.device | None = None) -> Tensor:
        """Position ids of the running sequence, float32 [L, 3]."""
        # [L_segment, 3] of each, one behind the other.
        return torch.cat([self.layout.positions(segment, device) for segment in self.running])

    def split(self, sequence: Tensor) -> dict[Segment, Tensor]:
        """The running sequence [B, L, ...] cut into its segments: views, no copies."""
        lengths = [self.layout.tokens(segment) for segment in self.running]
        # [B, L, ...] to [B, L_segment, ...] of each.
        return dict(zip(self.running, sequence.split(lengths, dim=1), strict=True))

    def gathered(self, tokens: Mapping[Segment, Tensor]) -> dict[Stream, Tensor]:
        """The tokens [B, L, C] of the running segments, joined into streams [B, L_stream, C].

        Raises ValueError when a segment is missing or has another length than the layout says.
        """
        for segment in self.running:
            if segment not in tokens:
                raise ValueError(f"{segment}: no tokens given")
            if tokens[segment].shape[1] != self.layout.tokens(segment):
                raise ValueError(
                    f"{segment}: tokens are {tuple(tokens[segment].shape)}, "
                    f"the layout has {self.layout.tokens(segment)} of them"
                )
        return {
            stream: joined([tokens[part] for part in self.running if _stream(part) is stream])
            for stream in self.modulated_by_stream
        }

    def sequence(self, streams: Mapping[Stream, Tensor]) -> Tensor:
        """The streams [B, L_stream, ...] interleaved into the running sequence [B, L, ...]."""
        chunks = {
            stream: iter(x.split([p.length for p in self.pieces if p.stream is stream], dim=1))
            for stream, x in streams.items()
        }
        # Chunks [B, L_piece, ...] taken in turn, as the pieces alternate.
        return joined([next(chunks[piece.stream]) for piece in self.pieces])

    def streams(self, sequence: Tensor) -> dict[Stream, Tensor]:
        """The running sequence [B, L, ...] taken apart into its streams; undoes `sequence`."""
        chunks = sequence.split([piece.length for piece in self.pieces], dim=1)
        of = list(zip((piece.stream for piece in self.pieces), chunks, strict=True))
        return {
            stream: joined([chunk for which, chunk in of if which is stream])
            for stream in self.modulated_by_stream
        }


def joined(chunks: list[Tensor]) -> Tensor:
    """Stretches [B, L, ...] put one behind the other; one alone is handed through uncopied."""
    return chunks[0] if len(chunks) == 1 else torch.cat(chunks, dim=1)


def _offset(slot: int, sides: Mapping[int, int]) -> int:
    """Where a slot begins, in tokens, when each slot is as wide as the shot in it; 0 is at 0."""
    if slot >= 0:
        return sum(sides.get(before, 0) for before in range(slot))
    return -sum(sides.get(after, 0) for after in range(slot, 0))


def plan_pass(
    layout: Layout,
    running: Collection[Segment],
    cached: Collection[Segment] = (),
    *,
    keeps: bool = False,
) -> Pass:
    """One pass over the segments `running`, reading also those in `cached`.

    Raises ValueError when a running segment reads one that is neither.
    """
    table = layout.table
    _check(table, frozenset(running), frozenset(cached))
    order = tuple(segment for segment in table.segments if segment in running)
    lengths = [(segment, layout.tokens(segment)) for segment in order]
    rows = tuple(dict.fromkeys(_modulation_row(table, segment) for segment in order))
    row = {segment: rows.index(_modulation_row(table, segment)) for segment in order}
    spans = _spans(lengths)
    reads = _merged((table[segment].reads, length) for segment, length in lengths)
    streams = tuple(dict.fromkeys(map(_stream, order)))
    return Pass(
        layout=layout,
        running=order,
        cached=tuple(segment for segment in table.segments if segment in cached),
        keeps=keeps,
        rows=rows,
        row=row,
        modulated=_modulated((row[segment], length) for segment, length in lengths),
        modulated_by_stream={
            stream: _modulated((row[part], n) for part, n in lengths if _stream(part) is stream)
            for stream in streams
        },
        readings=tuple(Reading(_sources(table, read, spans), length) for read, length in reads),
        pieces=tuple(Piece(*item) for item in _merged((_stream(s), n) for s, n in lengths)),
    )


def _check(table: SegmentTable, running: frozenset[Segment], cached: frozenset[Segment]) -> None:
    if not running:
        raise ValueError("a pass needs at least one segment to run")
    if strangers := (running | cached).difference(table.segments):
        raise ValueError(f"table {table.name!r} has no {listed(strangers)}")
    if both := running & cached:
        raise ValueError(f"{listed(both)} cannot both run and come from the cache")
    for segment in running:
        if unread := table[segment].reads - running - cached:
            raise ValueError(f"{segment} reads {listed(unread)}, neither running nor cached")


def _modulation_row(table: SegmentTable, segment: Segment) -> ModulationRow:
    return ModulationRow(table[segment].clock, table[segment].pooled_from)


def _stream(segment: Segment) -> Stream:
    return Stream.TEXT if segment.is_prompt else Stream.IMAGE


def _merged(items: Iterable[tuple[Key, int]]) -> list[tuple[Key, int]]:
    """Neighbours with one key become one item; their lengths add up."""
    merged: list[tuple[Key, int]] = []
    for key, length in items:
        if merged and merged[-1][0] == key:
            merged[-1] = key, merged[-1][1] + length
        else:
            merged.append((key, length))
    return merged


def _modulated(items: Iterable[tuple[int, int]]) -> tuple[Modulated, ...]:
    return tuple(Modulated(*item) for item in _merged(items))


def _spans(lengths: Iterable[tuple[Segment, int]]) -> dict[Segment, Span]:
    spans, start = {}, 0
    for segment, length in lengths:
        spans[segment] = Span(start, start + length)
        start += length
    return spans


def _sources(
    table: SegmentTable, reads: frozenset[Segment], spans: Mapping[Segment, Span]
) -> tuple[Span | Segment, ...]:
    """Where the keys of a reading set lie; adjacent running segments are one span, so one view."""
    sources: list[Span | Segment] = []
    for segment in table.segments:
        if segment not in reads:
            continue
        span = spans.get(segment)
        last = sources[-1] if sources else None
        if span is not None and isinstance(last, Span) and last.stop == span.start:
            sources[-1] = Span(last.start, span.stop)
        else:
            sources.append(segment if span is None else span)
    return tuple(sources)
