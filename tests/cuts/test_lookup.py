"""A cut is found by its id or by its number, with its pictures."""

from pathlib import Path

import pytest
from tests.cuts.sample import found

from cut2next.cuts.lookup import find_record
from cut2next.cuts.writer import CutWriter
from cut2next.film import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with CutWriter(tmp_path / "cuts") as writer:
        for number in range(3):
            writer.add(found(number, split="test" if number == 2 else "train"))
    return tmp_path / "cuts"


def test_by_id_and_by_number_in_the_order_of_reading(folder: Path) -> None:
    assert find_record(folder, found(1).id) == found(1)
    assert find_record(folder, "0") == found(2, split="test")  # "test" is read before "train"
    assert find_record(folder, "2") == found(1)


@pytest.mark.parametrize("wanted", ["3", "-1", "film", ""])
def test_what_is_not_there_is_told_with_what_is(wanted: str, folder: Path) -> None:
    with pytest.raises(InputError) as refused:
        find_record(folder, wanted)
    assert refused.value.expected == 'an id like "film:0012-0013", or a number from 0 to 2'
