"""The picture of a table is the table."""

import pytest

from cut2next.conditioning import CLOSED, TABLES, SegmentTable, grid
from cut2next.conditioning.table import READS, READS_NOT


def test_the_closed_table() -> None:
    assert grid(CLOSED).splitlines() == [
        "closed             current  current  relational  next  next",
        "                   prompt   shot     prompt      shot  prompt  clock  pooled from"
        "        cacheable",
        "current prompt     ●        ●        ·           ·     ·       clean  current prompt"
        "     yes",
        "current shot       ●        ●        ·           ·     ·       clean  current prompt"
        "     yes",
        "relational prompt  ·        ●        ●           ·     ·       clean  relational prompt"
        "  yes",
        "next shot          ·        ●        ●           ●     ●       noisy  next prompt"
        "        no",
        "next prompt        ·        ·        ·           ●     ●       noisy  next prompt"
        "        no",
    ]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_marks_are_the_readings(table: SegmentTable) -> None:
    for rule, line in zip(table.rules, grid(table).splitlines()[2:], strict=True):
        marks = [character for character in line if character in (READS, READS_NOT)]
        assert marks == [READS if one in rule.reads else READS_NOT for one in table.segments]
        assert line.startswith(str(rule.segment))
