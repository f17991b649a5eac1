"""A line of JSON holds a cut, and what is amiss with one is told by its place."""

import json
from typing import Any

import pytest
from tests.cuts.sample import found, record, truth

from cut2next.cuts.plain_line import names_of, pictures, read_line, to_line, to_record
from cut2next.cuts.record import CutRecord
from cut2next.film import InputError


def line(cut: CutRecord) -> dict[str, Any]:
    names = {column: f"images/{column}" for column in pictures(cut)}
    values: dict[str, Any] = json.loads(to_line(cut, names))
    return values


@pytest.mark.parametrize("cut", [found(0), record(0, truths=(truth(0), truth(1)))])
def test_a_cut_comes_back_from_its_line(cut: CutRecord) -> None:
    values = read_line(json.dumps(line(cut)))
    assert names_of(values) == {column: f"images/{column}" for column in pictures(cut)}
    assert to_record(values, pictures(cut)) == cut


def test_scores_and_parameters_are_objects() -> None:
    values = line(found(0))
    assert values["current_shot"]["scores"] == {"sharpness": 0.0, "motion": 0.1}
    assert values["made_by"][0]["parameters"] == {"seed": 3}
    assert list(values)[:4] == ["format", "id", "film", "contents"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"licence": None}, "licence: Input should be a valid string"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"split": "rejected"}, "the split should be a name like train, and not rejected"),
        ({"format": 3}, "format: Input should be less than or equal to 2"),
    ],
)
def test_a_line_that_is_wrong_is_told_where(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as refused:
        read_line(json.dumps({**line(found(0)), **change}))
    assert refused.value.got == fault


def test_an_id_that_contradicts_its_cut_is_refused() -> None:
    values = read_line(json.dumps({**line(found(0)), "id": "film:a-b"}))
    with pytest.raises(
        InputError, match="'film:a-b'; expected 'film:shot0-shot1'; film:current-next"
    ):
        to_record(values, pictures(found(0)))
