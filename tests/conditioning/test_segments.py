"""The tables say what the paper says, and a table that cannot be meant is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from tests.conditioning.oracle import some_table

from cut2next.conditioning import (
    CLOSED,
    FULL_ATTENTION,
    PAPER,
    SYNC_COND,
    TABLES,
    Clock,
    Kind,
    Place,
    Segment,
    SegmentRule,
    SegmentTable,
    table_named,
    with_earlier_shots,
)
from cut2next.conditioning.table import ORIGIN
from cut2next.film import InputError

RP, CP, NP = Segment.RELATIONAL_PROMPT, Segment.CURRENT_PROMPT, Segment.NEXT_PROMPT
CS, NS = Segment.CURRENT_SHOT, Segment.NEXT_SHOT


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_without_a_segment_nothing_reads_it_and_all_else_stays(table: SegmentTable) -> None:
    assert table.without(()) is table
    for gone in ({RP}, {CS, CP}):
        less = table.without(gone)
        assert less.segments == tuple(one for one in table.segments if one not in gone)
        for rule in less.rules:
            assert rule == replace(table[rule.segment], reads=table[rule.segment].reads - gone)


def test_what_the_rest_needs_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match="pooled from current prompt"):
        PAPER.without({CP})
    with pytest.raises(ValueError, match="nothing to make"):
        PAPER.without({NS})


def _rule(
    segment: Segment,
    *,
    clock: Clock = Clock.CLEAN,
    pooled_from: Segment | None = None,
    reads: frozenset[Segment] | None = None,
    place: Place = ORIGIN,
) -> SegmentRule:
    return SegmentRule(
        segment=segment,
        clock=clock,
        pooled_from=segment if pooled_from is None else pooled_from,
        reads=frozenset({segment}) if reads is None else reads,
        place=place,
    )


def test_paper_mask_is_the_published_matrix() -> None:
    # Rows and columns in the paper's order (Eq. 1).
    order = [RP, CP, NP, CS, NS]
    assert [[int(read in PAPER[segment].reads) for read in order] for segment in order] == [
        [1, 0, 0, 1, 1],
        [0, 1, 0, 1, 0],
        [0, 0, 1, 0, 1],
        [1, 1, 0, 1, 1],
        [1, 0, 1, 1, 1],
    ]


def test_paper_clocks_and_pooled_vectors() -> None:
    assert {rule.segment: (rule.clock, rule.pooled_from) for rule in PAPER.rules} == {
        RP: (Clock.CLEAN, RP),
        CP: (Clock.CLEAN, CP),
        NP: (Clock.NOISY, NP),
        CS: (Clock.CLEAN, CP),
        NS: (Clock.NOISY, NP),
    }


def test_variants_differ_from_the_paper_in_one_thing() -> None:
    for rule in PAPER.rules:
        assert SYNC_COND[rule.segment] == replace(rule, clock=Clock.NOISY)
        assert FULL_ATTENTION[rule.segment] == replace(rule, reads=frozenset(PAPER.segments))
        assert CLOSED[rule.segment] == replace(rule, reads=CLOSED[rule.segment].reads)


def test_closing_only_takes_readings_of_clean_segments_away() -> None:
    for rule in CLOSED.rules:
        assert rule.reads <= PAPER[rule.segment].reads
        assert rule.clock is Clock.CLEAN or rule.reads == PAPER[rule.segment].reads


@pytest.mark.parametrize("table", [PAPER, SYNC_COND])
def test_every_reading_set_of_the_paper_is_one_stretch(table: SegmentTable) -> None:
    for rule in table.rules:
        marks = "".join("x" if one in rule.reads else " " for one in table.segments)
        assert " " not in marks.strip()


def test_only_the_closed_table_can_be_cached() -> None:
    assert CLOSED.cacheable == {CP, CS, RP}
    assert not PAPER.cacheable
    assert not SYNC_COND.cacheable
    assert not FULL_ATTENTION.cacheable


def test_current_shots_half_outlives_the_cut() -> None:
    assert CLOSED.depends_on(CS) == CLOSED.depends_on(CP) == {CS, CP}
    assert CLOSED.depends_on(RP) == {RP, CS, CP}
    assert CLOSED.depends_on(NS) == set(PAPER.segments)


def test_a_pooled_vector_makes_stale_without_being_read() -> None:
    rules = (_rule(CS, pooled_from=NP), _rule(NP, clock=Clock.NOISY), _rule(NS, pooled_from=NP))
    table = SegmentTable("apart", rules)
    assert CS in table.cacheable
    assert table.depends_on(CS) == {CS, NP}


@given(some_table())
def test_what_can_be_cached_reads_only_what_can_be_cached(table: SegmentTable) -> None:
    for segment in table.cacheable:
        assert table[segment].clock is Clock.CLEAN
        assert table[segment].reads <= table.cacheable


PROMPT, SHOT = _rule(NP), _rule(NS, pooled_from=NP)


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ((PROMPT,), "no next shot"),
        ((PROMPT, PROMPT, SHOT), "two rules for one segment"),
        ((PROMPT, _rule(NS, pooled_from=NP, reads=frozenset({NS, CS}))), "current shot, which"),
        ((PROMPT, _rule(NS, pooled_from=NP, reads=frozenset({NP}))), "must read itself"),
        ((PROMPT, _rule(NS, pooled_from=NS)), "not a prompt of the table"),
        ((PROMPT, _rule(NS, pooled_from=CP)), "not a prompt of the table"),
    ],
)
def test_tables_that_cannot_be_meant(rules: tuple[SegmentRule, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SegmentTable("wrong", rules)


def test_tables_are_found_by_name() -> None:
    assert all(table_named(name) is table and table.name == name for name, table in TABLES.items())


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(InputError, match="paper, sync-cond, full-attention, closed"):
        table_named("ham")


@pytest.mark.parametrize("table", [PAPER, CLOSED], ids=lambda table: table.name)
def test_more_context_shots_are_more_rows(table: SegmentTable) -> None:
    assert with_earlier_shots(table, 0) == table
    longer = with_earlier_shots(table, 2)
    shots = {Segment(Kind.SHOT, -2), Segment(Kind.SHOT, -3)}
    assert set(longer.segments) - set(table.segments) == shots | {
        Segment(Kind.PROMPT, shot.index) for shot in shots
    }
    assert shots <= longer[NS].reads
    assert shots.isdisjoint(longer[CS].reads)
    assert longer.lasting == longer.context - (set() if table is CLOSED else {CP, CS})
    assert longer.without(longer.context - {CP, CS}).rules == table.rules
    with pytest.raises(ValueError, match="expected 0 or more"):
        with_earlier_shots(table, -1)


@pytest.mark.parametrize("place", [Place(x=-1), Place(), Place(t=1)])
def test_an_earlier_shot_is_a_current_one_elsewhere(place: Place) -> None:
    rules = [replace(rule, place=place) if rule.segment == CS else rule for rule in CLOSED.rules]
    table = with_earlier_shots(SegmentTable("moved", tuple(rules)), 3)
    for back in (1, 2, 3):
        for now in (CP, CS):
            rule, was = table[Segment(now.kind, -1 - back)], table[now]
            assert rule.clock is was.clock
            assert rule.reads == {Segment(Kind.PROMPT, -1 - back), Segment(Kind.SHOT, -1 - back)}
            assert rule.pooled_from == Segment(Kind.PROMPT, -1 - back)
            assert rule.place == was.place._replace(x=was.place.x - back)
