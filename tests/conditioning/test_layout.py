"""Positions, streams and stretches: the arithmetic that the blocks only follow."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from tests.conditioning.oracle import PROMPT_TOKENS, SHOT_SIZES, layout_of, some_table

from cut2next.conditioning import (
    CLOSED,
    FULL_ATTENTION,
    PAPER,
    SYNC_COND,
    Clock,
    Layout,
    Segment,
    SegmentTable,
    Stream,
)
from cut2next.conditioning.layout import ModulationRow, Share, Span

RP, CP, NP = Segment.RELATIONAL_PROMPT, Segment.CURRENT_PROMPT, Segment.NEXT_PROMPT
CS, NS = Segment.CURRENT_SHOT, Segment.NEXT_SHOT


def test_shots_lie_side_by_side_and_text_at_the_origin() -> None:
    layout = layout_of(PAPER)
    current = [[0, y, x] for y in range(2) for x in (-3, -2, -1)]
    following = [[0, y, x] for y in range(3) for x in (0, 1)]
    assert layout.positions(CS).tolist() == current
    assert layout.positions(NS).tolist() == following
    assert layout.positions(RP).tolist() == [[0, 0, 0]] * 3


def test_the_paper_needs_three_modulation_rows() -> None:
    part = layout_of(PAPER).part(PAPER.segments)
    clean, relational = ModulationRow(Clock.CLEAN, CP), ModulationRow(Clock.CLEAN, RP)
    assert part.rows == (clean, relational, ModulationRow(Clock.NOISY, NP))
    assert [part.row(segment) for segment in (CP, CS, RP, NS, NP)] == [0, 0, 1, 2, 2]
    assert part.modulated == ((0, 10), (1, 3), (2, 8))
    assert part.modulated_by_stream[Stream.IMAGE] == ((0, 6), (2, 6))


@pytest.mark.parametrize("table", [PAPER, SYNC_COND])
def test_the_paper_needs_no_gather(table: SegmentTable) -> None:
    readings = layout_of(table).part(table.segments).readings
    assert len(readings) == 5
    assert all(len(reading.sources) == 1 for reading in readings)


def test_neighbours_that_read_the_same_are_one_call() -> None:
    (reading,) = layout_of(FULL_ATTENTION).part(set(Segment)).readings
    assert reading == ((Span(0, 21),), 21)


def test_what_does_not_run_is_read_from_the_store() -> None:
    part = layout_of(CLOSED).part({NS, NP}, stored={CP, CS, RP})
    assert part.running == (NS, NP)
    assert part.stored == (CP, CS, RP)
    assert part.readings == (((CS, RP, Span(0, 8)), 6), ((Span(0, 8),), 2))
    assert part.rows == (ModulationRow(Clock.NOISY, NP),)


@given(some_table())
def test_streams_and_sequence_undo_each_other(table: SegmentTable) -> None:
    layout = layout_of(table)
    part = layout.part(table.segments)
    tokens = {one: torch.randn(2, layout.tokens(one), 5) for one in table.segments}
    streams = part.gathered(tokens)
    sequence = part.sequence(streams)
    assert all(torch.equal(x, tokens[one]) for one, x in part.split(sequence).items())
    assert all(torch.equal(x, streams[one]) for one, x in part.streams(sequence).items())


@given(some_table())
def test_stretches_cover_the_sequence(table: SegmentTable) -> None:
    layout = layout_of(table)
    part = layout.part(table.segments)
    length = sum(layout.tokens(segment) for segment in table.segments)
    assert part.positions().shape == (length, 3)
    assert sum(stretch.length for stretch in part.modulated) == length
    assert sum(reading.length for reading in part.readings) == length
    assert sum(piece.length for piece in part.pieces) == length


def test_a_pass_must_be_able_to_read() -> None:
    layout = layout_of(CLOSED)
    with pytest.raises(ValueError, match="next shot reads current shot, relational prompt"):
        layout.part({NS, NP})
    with pytest.raises(ValueError, match="cannot both run"):
        layout.part({CP, CS}, stored={CS})
    with pytest.raises(ValueError, match="at least one"):
        layout.part(())
    rules = (replace(CLOSED[NS], reads=frozenset({NS, NP})), CLOSED[NP])
    with pytest.raises(ValueError, match="has no relational prompt"):
        layout_of(SegmentTable("alone", rules)).part({NS, NP, RP})


def test_sizes_must_fit_the_table() -> None:
    with pytest.raises(ValueError, match="sizes given for"):
        Layout(table=PAPER, prompt_tokens={NP: 3}, shot_sizes=SHOT_SIZES)
    with pytest.raises(ValueError, match="prompts are counted"):
        Layout(table=PAPER, prompt_tokens={**PROMPT_TOKENS, NS: 3}, shot_sizes={CS: (1, 1)})
    with pytest.raises(ValueError, match="has 0 tokens"):
        Layout(table=PAPER, prompt_tokens={**PROMPT_TOKENS, RP: 0}, shot_sizes=SHOT_SIZES)


def test_tokens_must_fit_the_layout() -> None:
    layout = layout_of(PAPER)
    part = layout.part(set(Segment))
    tokens = {one: torch.zeros(1, layout.tokens(one), 5) for one in Segment}
    with pytest.raises(ValueError, match="next shot: tokens are"):
        part.gathered({**tokens, NS: torch.zeros(1, 7, 5)})
    with pytest.raises(ValueError, match="next shot: no tokens"):
        part.gathered({one: tokens[one] for one in Segment if one is not NS})


def test_shares_of_a_segment_are_all_of_it() -> None:
    whole = Layout(
        table=CLOSED,
        prompt_tokens={segment: 6 for segment in CLOSED.segments if segment.is_prompt},
        shot_sizes={Segment.CURRENT_SHOT: (3, 4), Segment.NEXT_SHOT: (2, 3)},
    )
    thirds = [replace(whole, share=Share(index, 3)) for index in range(3)]
    for segment in CLOSED.segments:
        together = torch.cat([third.positions(segment) for third in thirds])
        assert torch.equal(together, whole.positions(segment))
        assert {third.tokens(segment) * 3 for third in thirds} == {whole.tokens(segment)}
    with pytest.raises(ValueError, match="6 tokens cannot be shared evenly by 4"):
        replace(whole, share=Share(0, 4))
