"""What is wrong with a row is told, column by column."""

from typing import Any

import pytest
from tests.cuts.sample import found, record, truth

from cut2next.cuts.row_checks import RowFault, checked_row
from cut2next.cuts.schema import Row, record_to_row


def faults(row: Row, placed: str = "train", **changes: Any) -> list[RowFault]:
    return list(checked_row({**row, **changes}, placed=placed, version=2).faults)


@pytest.mark.parametrize("number", range(4))
def test_what_we_write_has_no_fault(number: int) -> None:
    assert not faults(record_to_row(found(number)))
    assert not faults(record_to_row(record(number, truths=(truth(0), truth(1)))))


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def maker(parameters: str | None) -> list[Row]:
    return [{"tool": "t", "version": "1", "parameters": parameters}]


def shot(**changes: Any) -> Row:
    row: Row = record_to_row(found(0))["current_shot"]
    return {**row, **changes}


def based(time_base: str | None) -> Row:
    return shot(span={**shot()["span"], "time_base": time_base})


TIME_BASES = ("nan", "1/0", "0/25", "inf", "fast", "-1/24", "1e999999999", "", "9" * 5000, None)
CHANGES: list[tuple[Row, str, str]] = [
    ({"film": ""}, "film", "at least 1 character"),
    ({"next_name": None}, "next_name", "valid string, not None"),
    ({"id": "film:shot9-shot1"}, "id", "is 'film:shot9-shot1', not 'film:shot0-shot1'"),
    ({"split": "test"}, "split", "is 'test', in a file of 'train'"),
    ({"split": "../train"}, "split", "should be a name like train"),
    ({"rejected": ["motion: 9"]}, "rejected", "says 'motion: 9', in a file of the split train"),
    ({"format": None}, "format", "is None"),
    ({"format": 7}, "format", "is 7, where the file's first row has 2"),
    ({"patterns": None}, "patterns", "valid list, not None"),
    ({"patterns": [None]}, "patterns.0", "valid string, not None"),
    ({"patterns": ["wipe"]}, "patterns.0", "unknown editing pattern 'wipe'"),
    ({"relational_prompt": None}, "relational_prompt", "not None"),
    ({"current_prompt": None}, "current_prompt", "not None"),
    ({"current_image": None}, "current_image", "is missing"),
    ({"current_image": {"bytes": b"GIF89a", "path": None}}, "current_image", "is not a picture"),
    ({"scores": None}, "scores", "not None"),
    ({"scores": [None]}, "scores", "a name is there twice, or without a value"),
    ({"scores": [{"name": "a", "value": 1.0}] * 2}, "scores", "a name is there twice"),
    ({"scores": [{"name": "", "value": 1.0}]}, "scores..[key]", "at least 1 character"),
    ({"scores": [{"name": None, "value": 1.0}]}, "scores.None.[key]", "valid string"),
    ({"scores": [{"name": "a", "value": None}]}, "scores.a", "valid number, not None"),
    ({"scores": [{"name": "a", "value": float("nan")}]}, "scores.a", "finite number, not nan"),
    ({"scores": [{"name": "a", "value": 1.7e308}]}, "scores.a", "within 1e+300"),
    ({"current_shot": None}, "current_shot", "not None"),
    ({"current_shot": shot(scene=2**31)}, "current_shot.scene", "less than 2147483648"),
    ({"current_shot": shot(marks=[None])}, "current_shot.marks.0", "valid string"),
    *[({"current_shot": based(base)}, "current_shot.span.time_base", "") for base in TIME_BASES],
    ({"made_by": None}, "made_by", "valid list"),
    ({"made_by": []}, "made_by", "at least 1 item"),
    ({"made_by": [None]}, "made_by.0", "not None"),
    ({"made_by": maker(None)}, "made_by.0.parameters", "valid dictionary, not None"),
    ({"made_by": maker("[1]")}, "made_by.0.parameters", "valid dictionary"),
    ({"made_by": maker("{")}, "made_by.0.parameters", "EOF while parsing"),
    ({"made_by": maker("[" * 99_999)}, "made_by.0.parameters", "recursion limit"),
    ({"made_by": maker(nested(300))}, "made_by.0.parameters", "recursion limit"),
    ({"made_by": maker('{"a": NaN}')}, "made_by.0.parameters", "not JSON compliant"),
    ({"made_by": maker('{"a": 1e999}')}, "made_by.0.parameters", "not JSON compliant"),
    ({"made_by": maker('{"a": "\\ud800"}')}, "made_by.0.parameters", "hex escape"),
    ({"made_by": maker('{"a": ' + "9" * 5000 + "}")}, "made_by.0.parameters", "out of range"),
    ({"licence": ""}, "licence", "at least 1 character"),
    ({"source": None}, "source", "valid string, not None"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "column", "said"), CHANGES)
def test_every_fault_is_told_with_its_column(changes: Row, column: str, said: str) -> None:
    ((where, fault),) = faults(record_to_row(found(0)), **changes)
    assert where == column
    assert said in fault
    assert len(fault) < 200


@pytest.mark.parametrize(
    "parameters", ['{"a": 1, "a": 2}', nested(150), '{"a": 1' + "0" * 400 + "}"]
)
def test_odd_json_that_can_be_kept_is_read(parameters: str) -> None:
    assert not faults(record_to_row(found(0)), made_by=maker(parameters))


def test_all_that_is_wrong_is_told_at_once() -> None:
    row = {**record_to_row(found(0)), "film": None, "patterns": [None, "x"], "source": ""}
    told = [column for column, _ in faults(row)]
    assert told == ["film", "patterns.0", "patterns.1", "source"]
    row = {**record_to_row(found(0)), "id": "x", "split": "test", "next_image": None}
    assert [column for column, _ in faults(row)] == ["id", "split", "next_image"]


def test_a_cut_that_was_rejected_needs_a_reason_and_a_split_to_come_back_to() -> None:
    row = record_to_row(found(0))
    assert [column for column, _ in faults(row, placed="rejected")] == ["rejected"]
    row |= {"split": "rejected", "rejected": ["motion: 9"]}
    assert [column for column, _ in faults(row, placed="rejected")] == ["split"]


def test_truth_is_of_both_shots_and_its_json_is_some() -> None:
    row = record_to_row(record(0, truths=(truth(0), truth(1))))
    assert [column for column, _ in faults(row, next_truth=None)] == ["next_truth"]
    broken = {**row["next_truth"], "camera": "{", "palette": None, "parts": [None]}
    told = [column for column, _ in faults(row, next_truth=broken)]
    assert told == ["next_truth.parts.0", "next_truth.camera", "next_truth.palette"]
