"""A record comes back from its row, whatever it holds, and from the rows of the first format."""

from dataclasses import replace

import pytest
from tests.cuts.sample import found, record, truth

from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import (
    Row,
    files_of,
    record_to_row,
    row_to_line,
    row_to_shot,
    shot_to_row,
    to_record,
)


def row_to_record(row: Row) -> CutRecord:
    return to_record(row_to_line(row), files_of(row))


@pytest.mark.parametrize(
    "cut",
    [found(0), found(3, contents="digest", rejected=("gap: 1 is over 0",)), record(1)],
    ids=["of a film", "rejected", "without places"],
)
def test_a_record_comes_back_from_its_row(cut: CutRecord) -> None:
    assert row_to_record(record_to_row(cut)) == cut


def test_truth_comes_back_too() -> None:
    cut = record(0, truths=(truth(0), truth(1)))
    assert row_to_record(record_to_row(cut)).truth == cut.truth


def test_the_order_of_scores_and_attributes_is_kept() -> None:
    shot = replace(found(0).current, scores={"sharpness": 2.0, "motion": 1.0, "another": 0.0})
    assert list(row_to_shot(shot_to_row(shot)).scores) == ["sharpness", "motion", "another"]


def test_what_was_not_read_is_empty() -> None:
    row = record_to_row(found(0))
    del row["current_image"]
    assert row_to_record(row).current.image == b""
    assert row_to_record(row).next == found(0).next


def test_a_row_of_the_first_format_has_one_maker() -> None:
    row = record_to_row(record(0))
    first = {**row, "format": 1, "made_by": row["made_by"][0]}
    for column in ("id", "contents", "current_shot", "next_shot", "scores", "rejected"):
        del first[column]
    assert row_to_record(first) == record(0)


@pytest.mark.parametrize(
    ("begin", "name"), [(b"\xff\xd8\xff\xe0", "a.jpg"), (b"\x89PNG\r\n\x1a\n", "a.png")]
)
def test_a_picture_is_named_by_what_it_is(begin: bytes, name: str) -> None:
    shot = replace(found(0).current, name="a", image=begin)
    assert shot_to_row(shot)["image"] == {"bytes": begin, "path": name}
