"""What was written to a folder of cuts comes back from it, and what is none is refused."""

import json
from pathlib import Path

import datasets
import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image
from tests.cuts.sample import PARTS, cut, found, record, same, truth

from cut2next.cuts.dataset import find_record, read_cuts, read_records, split_files
from cut2next.cuts.record import REJECTED
from cut2next.cuts.writer import CutWriter
from cut2next.film import Cut2NextError, InputError
from cut2next.film.png_prompt import read_png_prompt, read_png_text


def _writer(folder: Path, *, with_truth: bool = False, with_pictures: bool = False) -> CutWriter:
    return CutWriter(folder, with_truth=with_truth, with_pictures=with_pictures)


def _write(folder: Path, count: int) -> None:
    with _writer(folder) as writer:
        for number in range(count):
            writer.add(record(number))


def test_cuts_come_back_equal_and_in_order(tmp_path: Path) -> None:
    _write(tmp_path / "cuts", 7)
    back = list(read_cuts(tmp_path / "cuts"))
    assert len(back) == 7
    assert all(same(cut(number), read) for number, read in enumerate(back))


def test_records_come_back_equal(tmp_path: Path) -> None:
    written = [found(number) for number in range(3)]
    with _writer(tmp_path / "cuts") as writer:
        for one in written:
            writer.add(one)
    assert list(read_records(tmp_path / "cuts")) == written
    bare = next(read_records(tmp_path / "cuts", images=False))
    assert bare.current.image == b""
    assert bare.scores == written[0].scores


def test_what_a_filter_left_out_is_read_only_when_asked_for(tmp_path: Path) -> None:
    with _writer(tmp_path / "cuts") as writer:
        writer.add(found(0, rejected=("motion: 14 is over 12",)))
        writer.add(found(1))
    assert [one.name for one in read_cuts(tmp_path / "cuts")] == [cut(1).name]
    assert [one.name for one in read_cuts(tmp_path / "cuts", split=REJECTED)] == [cut(0).name]
    assert len(list(read_records(tmp_path / "cuts"))) == 2


def test_the_first_format_is_read(tmp_path: Path) -> None:
    _write(tmp_path / "cuts", 2)
    file = tmp_path / "cuts" / "data" / "train-00000.parquet"
    rows = pyarrow.parquet.read_table(file).to_pylist()
    for row in rows:
        for column in ("id", "current_shot", "next_shot", "scores", "rejected"):
            del row[column]
        row |= {"format": 1, "made_by": row["made_by"][0]}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    assert list(read_records(tmp_path / "cuts")) == [record(0), record(1)]


def test_datasets_opens_the_folder_beside_its_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with _writer(folder, with_truth=True, with_pictures=True) as writer:
        for number in range(3):
            writer.add(record(number, truths=(truth(number), truth(number + 10))))
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    row = loaded["train"][1]
    assert np.array_equal(row["next_image"], np.asarray(cut(1).next.keyframe))
    assert row["patterns"] == ["cut-in", "cut-out"]
    assert row["relational_prompt"]["scene"] == "<Ána> (long hair)"
    assert row["current_prompt"]["attributes"][0] == {"name": "Framing", "value": "single"}
    assert json.loads(row["made_by"][0]["parameters"]) == {"seed": 3}
    assert (row["film"], row["split"], row["licence"], row["format"]) == (
        ("film", "train", "CC0-1.0", 2)
    )
    told = row["next_truth"]
    assert np.array_equal(told["object_ids"], truth(11).object_ids)
    assert tuple(told["parts"]) == PARTS
    assert json.loads(told["camera"])["field_of_view"] == 0.7
    assert json.loads(told["palette"]) == {"a.hair": [[0.1, 0.2, 0.3]]}


def test_pictures_carry_their_prompts(tmp_path: Path) -> None:
    with _writer(tmp_path / "cuts", with_pictures=True) as writer:
        writer.add(record(0))
        writer.add(record(1))
    images = tmp_path / "cuts" / "images"
    assert len(list(images.iterdir())) == 4
    with Image.open(images / "001-current.png") as current:
        assert read_png_prompt(current) == cut(1).current.prompt
    with Image.open(images / "001-next.png") as following:
        assert read_png_prompt(following) == cut(1).next.prompt
        told = read_png_text(following)
        assert told["patterns"] == ["cut-in", "cut-out"]
        assert told["relational"]["transition"] == '"cut" 1\n'
        assert np.array_equal(np.asarray(following), np.asarray(cut(1).next.keyframe))


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_cuts(tmp_path / "missing")
    with pytest.raises(InputError, match=r"holds no cuts; .* `cut2next data import` makes one"):
        read_cuts(tmp_path)
    _write(tmp_path / "cuts", 1)
    file = tmp_path / "cuts" / "data" / "train-00000.parquet"
    whole = file.read_bytes()
    for damaged in (b"", b"PAR1", whole[:-20], whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(Cut2NextError, match="damaged"):
            list(read_cuts(tmp_path / "cuts"))


def test_other_tables_and_later_formats_are_refused(tmp_path: Path) -> None:
    _write(tmp_path / "cuts", 1)
    file = tmp_path / "cuts" / "data" / "train-00000.parquet"
    table = pyarrow.parquet.read_table(file)
    pyarrow.parquet.write_table(table.drop_columns(["patterns"]), file)
    with pytest.raises(InputError, match="lacks the column patterns"):
        list(read_cuts(tmp_path / "cuts"))
    later = pyarrow.array([3], pyarrow.int32())
    pyarrow.parquet.write_table(table.set_column(0, "format", later), file)
    with pytest.raises(InputError, match="format 3"):
        list(read_cuts(tmp_path / "cuts"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with CutWriter(tmp_path / "cuts") as writer:
        for number in range(3):
            writer.add(found(number, split="test" if number == 2 else "train"))
    return tmp_path / "cuts"


def test_a_cut_is_found_by_id_and_by_number_in_the_order_of_reading(folder: Path) -> None:
    assert find_record(folder, found(1).id) == found(1)
    assert find_record(folder, "0") == found(2, split="test")  # "test" is read before "train"
    assert find_record(folder, "2") == found(1)


@pytest.mark.parametrize("wanted", ["3", "-1", "film", ""])
def test_a_cut_that_is_not_there_is_told_with_what_is(wanted: str, folder: Path) -> None:
    with pytest.raises(InputError) as refused:
        find_record(folder, wanted)
    assert refused.value.expected == 'an id like "film:0012-0013", or a number from 0 to 2'


@pytest.mark.parametrize("split", ["none", "*", "../data/train", "/", ""])
def test_a_split_is_a_name(tmp_path: Path, split: str) -> None:
    with CutWriter(tmp_path / "cuts") as writer:
        writer.add(record(0))
    with pytest.raises(InputError, match="holds no cuts in split"):
        split_files(tmp_path / "cuts", split)
