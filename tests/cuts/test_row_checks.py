"""What is wrong with a row is told, column by column, also where columns are missing."""

from typing import Any

import pytest
from tests.cuts.sample import found, record, truth

from cut2next.cuts.row_checks import row_faults
from cut2next.cuts.schema import Row, record_to_row


def faults(row: Row, **changes: Any) -> list[str]:
    return list(row_faults({**row, **changes}, placed="train", version=2))


@pytest.mark.parametrize("number", range(4))
def test_what_we_write_has_no_fault(number: int) -> None:
    assert not faults(record_to_row(found(number)))
    assert not faults(record_to_row(record(number, truths=(truth(0), truth(1)))))


def test_a_row_of_nothing_but_its_format_has_no_fault_of_its_own() -> None:
    """Columns that are missing are told once, of the file."""
    assert not list(row_faults({"format": 2}, placed="train", version=2))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"film": ""}, "film is empty"),
        ({"next_name": None}, "next_name is empty"),
        ({"id": "film:shot9-shot1"}, "the id is 'film:shot9-shot1', not 'film:shot0-shot1'"),
        ({"split": "test"}, "the split is 'test' in a file of 'train'"),
        ({"current_image": None}, "the current shot has a keyframe that is missing"),
        ({"scores": [{"name": "", "value": 1.0}]}, "a score of the cut has no name"),
        (
            {"made_by": [{"tool": "t", "version": "1", "parameters": "[" * 9999}]},
            "made_by holds no tool, no version, or parameters that are no JSON object",
        ),
    ],
)
def test_every_fault_is_told_in_words(changes: Row, fault: str) -> None:
    assert fault in faults(record_to_row(found(0)), **changes)


def test_a_cut_that_was_rejected_needs_a_reason_and_a_split_to_come_back_to() -> None:
    row = {**record_to_row(found(0)), "split": "rejected"}
    assert list(row_faults(row, placed="rejected", version=2)) == [
        "lies in the split rejected without a reason",
        "the split of its film is 'rejected'; it would not come back from rejected",
    ]
