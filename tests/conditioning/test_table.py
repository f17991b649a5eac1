"""Segments are counted, have names as files write them, and tables are drawn."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conditioning.oracle import some_table

from cut2next.conditioning import CLOSED, PAPER, TABLES, Clock, Kind, Segment, SegmentTable
from cut2next.conditioning.table import READS, READS_NOT, DrawnRow, drawn_table


@given(st.sampled_from(Kind), st.integers(-9, 0))
def test_a_name_is_the_segment(kind: Kind, index: int) -> None:
    segment = Segment(kind, index)
    assert Segment.named(str(segment)) == segment
    assert segment.is_context == (index < 0 and kind is not Kind.RELATIONAL_PROMPT)


def test_names_are_those_that_files_hold() -> None:
    assert [str(segment) for segment in PAPER.segments] == [
        "current prompt", "current shot", "relational prompt", "next shot", "next prompt",
    ]  # fmt: skip
    assert str(Segment(Kind.SHOT, -2)) == "shot -2"


@pytest.mark.parametrize(
    "name", ["", "shot", "next", "Segment", "prompt 0", "shot -1x", "shot --1"]
)
def test_no_other_name_is_read(name: str) -> None:
    with pytest.raises(ValueError, match="no segment is called"):
        Segment.named(name)


def test_what_lasts_belongs_to_the_current_half() -> None:
    assert CLOSED.lasting == CLOSED.context == {Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT}
    assert not PAPER.lasting


def test_a_pooled_vector_is_depended_on_like_what_is_read() -> None:
    relational = Segment.RELATIONAL_PROMPT
    rules = tuple(
        replace(rule, pooled_from=relational) if rule.segment == Segment.CURRENT_SHOT else rule
        for rule in CLOSED.rules
    )
    table = SegmentTable("pooled elsewhere", rules)
    assert relational in table.depends_on(Segment.CURRENT_SHOT)
    assert Segment.CURRENT_SHOT in table.cacheable
    assert not table.lasting  # the current prompt reads the current shot


@given(some_table())
def test_what_lasts_is_cacheable_and_hears_nothing_of_the_cut(table: SegmentTable) -> None:
    assert table.lasting <= table.cacheable
    for segment in table.lasting:
        assert all(reached.is_context for reached in table.depends_on(segment))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_drawn_anew_is_the_table(table: SegmentTable) -> None:
    rows = [
        DrawnRow(
            str(rule.segment),
            " ".join(READS if read in rule.reads else READS_NOT for read in table.segments),
            rule.clock,
            str(rule.pooled_from),
            rule.place,
        )
        for rule in table.rules
    ]
    assert drawn_table(table.name, *rows) == table


@pytest.mark.parametrize("marks", ["●", "● ● ●", "● x", ""])
def test_a_drawing_has_a_mark_for_each_segment(marks: str) -> None:
    rows = [
        DrawnRow("next shot", marks, Clock.NOISY, "next prompt"),
        DrawnRow("next prompt", "● ●", Clock.NOISY, "next prompt"),
    ]
    with pytest.raises(ValueError, match=r"next shot: .* is no row of 2"):
        drawn_table("wrong", *rows)


def test_tables_are_known_without_torch() -> None:
    script = "import sys, cut2next.conditioning as c; print(c.PAPER.name, 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["paper", "False"]
