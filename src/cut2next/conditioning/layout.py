"""Where each segment of a table lies in a sequence, and what one pass over some of them needs.

A `Layout` is a table with token counts. A `Part` is what one forward pass runs: some segments, and
the ones whose keys and values come from a store instead. All arithmetic of spans happens here, once
for each pass; the blocks only follow.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from cut2next.conditioning.segments import Clock, Segment, SegmentTable, named

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
    """So many adjacent tokens that read the same keys, in the order of the sequence.

    A source is a span of the running sequence, or a segment that is in the store.
    """

    sources: tuple[Span | Segment, ...]
    length: int


class Piece(NamedTuple):
    """So many adjacent tokens of the running sequence that belong to one stream."""

    stream: Stream
    length: int


class Share(NamedTuple):
    """Of every segment, the part that one of several processes runs."""

    part: int
    parts: int

    def of(self, tokens: Tensor, dim: int = 1) -> Tensor:
        """This share of a segment's tokens."""
        return tokens.chunk(self.parts, dim)[self.part]


WHOLE = Share(0, 1)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A table with sizes: how many tokens each segment has, and where a shot's tokens lie.

    `prompt_tokens` counts the tokens of each prompt, `shot_sizes` gives (height, width) of each
    shot in packed tokens (16 pixels each way for FLUX.1); the shots may differ. Under context
    parallelism a process has a `share` of each segment, and positions of its own. Raises ValueError
    unless the sizes name exactly the segments of the table, and each can be shared out evenly.
    """

    table: SegmentTable
    prompt_tokens: Mapping[Segment, int]
    shot_sizes: Mapping[Segment, tuple[int, int]]
    share: Share = WHOLE

    def __post_init__(self) -> None:
        if {*self.prompt_tokens, *self.shot_sizes} != set(self.table.segments):
            raise ValueError(
                f"sizes given for {named({*self.prompt_tokens, *self.shot_sizes})}, "
                f"table {self.table.name!r} has {named(self.table.segments)}"
            )
        for segment in self.table.segments:
            if segment.is_prompt != (segment in self.prompt_tokens):
                raise ValueError(f"{segment}: prompts are counted in tokens, shots have two sides")
            tokens = self._all_tokens(segment)
            if tokens < 1:
                raise ValueError(f"{segment}: has {tokens} tokens")
            if tokens % self.share.parts:
                raise ValueError(
                    f"{segment}: {tokens} tokens cannot be shared evenly by {self.share.parts}"
                )

    def tokens(self, segment: Segment) -> int:
        """How many tokens a segment has, here."""
        return self._all_tokens(segment) // self.share.parts

    def positions(self, segment: Segment, device: torch.device | None = None) -> Tensor:
        """FLUX position ids (t, y, x) of a segment's tokens, float32 [L, 3]; text is at the origin.

        A shot that its rule puts to the left starts at minus its own width, so that its place does
        not depend on the size of the next shot, and a store of it serves next shots of any size.
        """
        ids = torch.zeros(self._all_tokens(segment), 3, device=device)
        if not segment.is_prompt:
            height, width = self.shot_sizes[segment]
            left = -width * self.table[segment].widths_left
            rows, columns = torch.arange(height), torch.arange(left, left + width)
            ids[:, 1:] = torch.cartesian_prod(rows, columns).to(ids)
        return self.share.of(ids, dim=0)

    def part(self, running: Collection[Segment], stored: Collection[Segment] = ()) -> "Part":
        """One pass over the segments `running`, reading also those in `stored`.

        Raises ValueError when a running segment reads one that is neither.
        """
        return _part(self, frozenset(running), frozenset(stored))

    def _all_tokens(self, segment: Segment) -> int:
        if segment.is_prompt:
            return self.prompt_tokens[segment]
        height, width = self.shot_sizes[segment]
        return height * width


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What one pass runs. Plain numbers, worked out once; every tuple is in running order."""

    layout: Layout
    running: tuple[Segment, ...]
    stored: tuple[Segment, ...]
    rows: tuple[ModulationRow, ...]
    """The distinct modulation rows of the running segments."""
    modulated: tuple[Modulated, ...]
    """Which row modulates which stretch of the whole running sequence."""
    modulated_by_stream: Mapping[Stream, tuple[Modulated, ...]]
    """The same for each stream alone; a stream in which nothing runs is absent."""
    readings: tuple[Reading, ...]
    """Neighbours with one reading set are one reading, hence one call of attention."""
    pieces: tuple[Piece, ...]
    """How the running sequence alternates between the streams."""

    def row(self, segment: Segment) -> int:
        """Index into `rows` of what modulates a running segment."""
        rule = self.layout.table[segment]
        return self.rows.index(ModulationRow(rule.clock, rule.pooled_from))

    def positions(self, device: torch.device | None = None) -> Tensor:
        """Position ids of the running sequence, float32 [L, 3]."""
        return torch.cat([self.layout.positions(segment, device) for segment in self.running])

    def split(self, sequence: Tensor) -> dict[Segment, Tensor]:
        """The running sequence [B, L, ...] cut into its segments: views, no copies."""
        lengths = [self.layout.tokens(segment) for segment in self.running]
        return dict(zip(self.running, sequence.split(lengths, dim=1), strict=True))

    def gathered(self, tokens: Mapping[Segment, Tensor]) -> dict[Stream, Tensor]:
        """The tokens [B, L, C] of the running segments, joined into streams.

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
            stream: joined([tokens[one] for one in self.running if _stream(one) is stream])
            for stream in self.modulated_by_stream
        }

    def sequence(self, streams: Mapping[Stream, Tensor]) -> Tensor:
        """The streams [B, L_stream, ...] interleaved into the running sequence [B, L, ...]."""
        chunks = {
            stream: iter(x.split([p.length for p in self.pieces if p.stream is stream], dim=1))
            for stream, x in streams.items()
        }
        return joined([next(chunks[piece.stream]) for piece in self.pieces])

    def streams(self, sequence: Tensor) -> dict[Stream, Tensor]:
        """The running sequence taken apart into its streams; undoes `sequence`."""
        chunks = sequence.split([piece.length for piece in self.pieces], dim=1)
        of = list(zip((piece.stream for piece in self.pieces), chunks, strict=True))
        return {
            stream: joined([chunk for which, chunk in of if which is stream])
            for stream in self.modulated_by_stream
        }


def joined(chunks: list[Tensor]) -> Tensor:
    """Stretches [B, L, ...] put one behind the other; one alone is handed through uncopied."""
    return chunks[0] if len(chunks) == 1 else torch.cat(chunks, dim=1)


def _part(layout: Layout, running: frozenset[Segment], stored: frozenset[Segment]) -> Part:
    table = layout.table
    order = tuple(segment for segment in table.segments if segment in running)
    _check(table, running, stored)
    lengths = [(segment, layout.tokens(segment)) for segment in order]
    rows = tuple(dict.fromkeys(_modulation_row(table, segment) for segment in order))
    row = {segment: rows.index(_modulation_row(table, segment)) for segment in order}
    spans = _spans(lengths)
    reads = _merged((table[segment].reads, length) for segment, length in lengths)
    streams = tuple(dict.fromkeys(map(_stream, order)))
    return Part(
        layout=layout,
        running=order,
        stored=tuple(segment for segment in table.segments if segment in stored),
        rows=rows,
        modulated=_modulated((row[segment], length) for segment, length in lengths),
        modulated_by_stream={
            stream: _modulated((row[one], n) for one, n in lengths if _stream(one) is stream)
            for stream in streams
        },
        readings=tuple(Reading(_sources(table, read, spans), length) for read, length in reads),
        pieces=tuple(Piece(*it) for it in _merged((_stream(one), n) for one, n in lengths)),
    )


def _check(table: SegmentTable, running: frozenset[Segment], stored: frozenset[Segment]) -> None:
    if not running:
        raise ValueError("a pass needs at least one segment to run")
    if strangers := (running | stored).difference(table.segments):
        raise ValueError(f"table {table.name!r} has no {named(strangers)}")
    if both := running & stored:
        raise ValueError(f"{named(both)} cannot both run and come from the store")
    for segment in running:
        if unread := table[segment].reads - running - stored:
            raise ValueError(f"{segment} reads {named(unread)}, neither running nor stored")


def _modulation_row(table: SegmentTable, segment: Segment) -> ModulationRow:
    return ModulationRow(table[segment].clock, table[segment].pooled_from)


def _stream(segment: Segment) -> Stream:
    return Stream.TEXT if segment.is_prompt else Stream.IMAGE


def _merged(items: Iterable[tuple[Key, int]]) -> list[tuple[Key, int]]:
    """Neighbours with one key become one item; their lengths add up."""
    groups = groupby(items, key=itemgetter(0))
    return [(key, sum(length for _, length in group)) for key, group in groups]


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
