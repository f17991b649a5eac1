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
    Kind,
    Layout,
    Place,
    Segment,
    SegmentTable,
    Stream,
    with_earlier_shots,
)
from cut2next.conditioning.layout import ModulationRow, Span, plan_pass

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
    plan = layout_of(PAPER).step()
    clean, relational = ModulationRow(Clock.CLEAN, CP), ModulationRow(Clock.CLEAN, RP)
    assert plan.rows == (clean, relational, ModulationRow(Clock.NOISY, NP))
    assert [plan.row[segment] for segment in (CP, CS, RP, NS, NP)] == [0, 0, 1, 2, 2]
    assert plan.modulated == ((0, 10), (1, 3), (2, 8))
    assert plan.modulated_by_stream[Stream.IMAGE] == ((0, 6), (2, 6))


@pytest.mark.parametrize("table", [PAPER, SYNC_COND])
def test_the_paper_needs_no_gather(table: SegmentTable) -> None:
    readings = layout_of(table).step().readings
    assert len(readings) == 5
    assert all(len(reading.sources) == 1 for reading in readings)


def test_neighbours_that_read_the_same_are_one_call() -> None:
    (reading,) = layout_of(FULL_ATTENTION).step().readings
    assert reading == ((Span(0, 21),), 21)


def test_what_does_not_run_is_read_from_the_cache() -> None:
    plan = layout_of(CLOSED).step({CP, CS, RP})
    assert plan.running == (NS, NP)
    assert plan.cached == (CP, CS, RP)
    assert plan.readings == (((CS, RP, Span(0, 8)), 6), ((Span(0, 8),), 2))
    assert plan.rows == (ModulationRow(Clock.NOISY, NP),)


@given(some_table())
def test_streams_and_sequence_undo_each_other(table: SegmentTable) -> None:
    layout = layout_of(table)
    plan = layout.step()
    tokens = {one: torch.randn(2, layout.tokens(one), 5) for one in table.segments}
    streams = plan.gathered(tokens)
    sequence = plan.sequence(streams)
    assert all(torch.equal(x, tokens[one]) for one, x in plan.split(sequence).items())
    assert all(torch.equal(x, streams[one]) for one, x in plan.streams(sequence).items())


@given(some_table())
def test_stretches_cover_the_sequence(table: SegmentTable) -> None:
    layout = layout_of(table)
    plan = layout.step()
    length = sum(layout.tokens(segment) for segment in table.segments)
    assert plan.positions().shape == (length, 3)
    assert sum(stretch.length for stretch in plan.modulated) == length
    assert sum(reading.length for reading in plan.readings) == length
    assert sum(piece.length for piece in plan.pieces) == length


def test_a_pass_must_be_able_to_read() -> None:
    layout = layout_of(CLOSED)
    with pytest.raises(ValueError, match="next shot reads current shot, relational prompt"):
        plan_pass(layout, {NS, NP})
    with pytest.raises(ValueError, match="cannot both run"):
        plan_pass(layout, {CP, CS}, {CS})
    with pytest.raises(ValueError, match="at least one"):
        plan_pass(layout, ())
    rules = (replace(CLOSED[NS], reads=frozenset({NS, NP})), CLOSED[NP])
    with pytest.raises(ValueError, match="has no relational prompt"):
        plan_pass(layout_of(SegmentTable("alone", rules)), {NS, NP, RP})


def test_sizes_must_fit_the_table() -> None:
    with pytest.raises(ValueError, match="sizes given for"):
        Layout(table=PAPER, prompt_tokens={NP: 3}, shot_sizes=SHOT_SIZES)
    with pytest.raises(ValueError, match="prompts are counted"):
        Layout(table=PAPER, prompt_tokens={**PROMPT_TOKENS, NS: 3}, shot_sizes={CS: (1, 1)})
    with pytest.raises(ValueError, match="has 0 tokens"):
        Layout(table=PAPER, prompt_tokens={**PROMPT_TOKENS, RP: 0}, shot_sizes=SHOT_SIZES)


def test_tokens_must_fit_the_layout() -> None:
    layout = layout_of(PAPER)
    plan = layout.step()
    tokens = {one: torch.zeros(1, layout.tokens(one), 5) for one in PAPER.segments}
    with pytest.raises(ValueError, match="next shot: tokens are"):
        plan.gathered({**tokens, NS: torch.zeros(1, 7, 5)})
    with pytest.raises(ValueError, match="next shot: no tokens"):
        plan.gathered({one: tokens[one] for one in PAPER.segments if one != NS})


def test_earlier_shots_of_other_sizes_lie_side_by_side() -> None:
    table = with_earlier_shots(CLOSED, 2)
    sizes = {CS: (2, 3), NS: (3, 2), Segment(Kind.SHOT, -2): (1, 5), Segment(Kind.SHOT, -3): (4, 2)}
    layout = Layout(table=table, prompt_tokens=dict.fromkeys(table.prompts, 2), shot_sizes=sizes)
    columns = {shot: layout.positions(shot)[:, 2].unique().tolist() for shot in sizes}
    assert columns[NS] == [0, 1]
    assert columns[CS] == [-3, -2, -1]
    assert columns[Segment(Kind.SHOT, -2)] == [-8, -7, -6, -5, -4]
    assert columns[Segment(Kind.SHOT, -3)] == [-10, -9]
    # A prompt lies to its shot as the current prompt does: where it ends.
    for prompt, column in {
        NP: 0,
        CP: 0,
        Segment(Kind.PROMPT, -2): -3,
        Segment(Kind.PROMPT, -3): -8,
    }.items():
        assert layout.positions(prompt).tolist() == [[0, 0, column]] * 2


@pytest.mark.parametrize(
    ("place", "first"),
    [(Place(), [0, 0, 0]), (Place(t=-2), [-2, 0, 0]), (Place(y=-1), [0, -2, 0]),
     (Place(y=1), [0, 3, 0]), (Place(x=1), [0, 0, 2])],
)  # fmt: skip
def test_a_place_is_an_offset_on_each_axis(place: Place, first: list[int]) -> None:
    rules = tuple(
        replace(rule, place=place) if rule.segment == CS else rule for rule in PAPER.rules
    )
    layout = layout_of(SegmentTable("moved", rules))
    assert layout.positions(CS)[0].tolist() == first
    assert layout.positions(NS)[0].tolist() == [0, 0, 0]


def test_only_what_stays_the_same_is_kept() -> None:
    layout = layout_of(CLOSED)
    assert layout.prefill(CLOSED.lasting).keeps
    assert not layout.step().keeps
    with pytest.raises(ValueError, match="segments that stay the same at every step are none"):
        layout_of(PAPER).prefill({CP, CS})
    with pytest.raises(ValueError, match="cannot cache none"):
        layout.prefill(())
    with pytest.raises(ValueError, match="table 'paper' does not let current shot be cached"):
        layout_of(PAPER).step({CS})
