import json
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image
from tests.cuts.sample import PARTS, cut, found, record, same, truth

from cut2next.cuts import writer as writing
from cut2next.cuts.dataset import read_cuts, read_records
from cut2next.cuts.record import REJECTED
from cut2next.cuts.writer import CutWriter
from cut2next.film import Cut2NextError, InputError, OutputError
from cut2next.film.png_prompt import read_png_prompt, read_png_text
from cut2next.film.writing import PARTIAL


def _writer(folder: Path, *, with_truth: bool = False, with_pictures: bool = False) -> CutWriter:
    return CutWriter(folder, with_truth=with_truth, with_pictures=with_pictures)


def _write(folder: Path, count: int) -> None:
    with _writer(folder) as writer:
        for number in range(count):
            writer.add(record(number))


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{PARTIAL}")


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


def test_many_cuts_go_to_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_CUTS_A_GROUP", 2)
    monkeypatch.setattr(writing, "_GROUPS_A_FILE", 2)
    _write(tmp_path / "cuts", 9)
    names = [path.name for path in sorted((tmp_path / "cuts" / "data").iterdir())]
    assert names == [f"train-0000{number}.parquet" for number in range(3)]
    assert [read.name for read in read_cuts(tmp_path / "cuts")] == [cut(n).name for n in range(9)]


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


def test_splits_are_kept_apart(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with _writer(folder) as writer:
        writer.add(record(0, film="one"))
        writer.add(record(1, film="two", split="test"))
        writer.add(record(2, film="one"))
    assert [read.film for read in read_cuts(folder, split="test")] == ["two"]
    assert [read.film for read in read_cuts(folder, split="train")] == ["one", "one"]
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 2, "test": 1}
    with pytest.raises(InputError, match="no cuts in split validation"):
        read_cuts(folder, split="validation")


def test_the_card_tells_what_is_inside(tmp_path: Path) -> None:
    _write(tmp_path / "cuts", 2)
    card = (tmp_path / "cuts" / "README.md").read_text()
    assert "license: cc0-1.0" in card
    assert "2 in train" in card
    assert "a test 1" in card


_KILLED = """
import os, sys
from pathlib import Path
from cut2next.cuts.writer import CutWriter
from tests.cuts.sample import record
with CutWriter(Path(sys.argv[1])) as writer:
    for number in range(60):
        writer.add(record(number))
    os.kill(os.getpid(), 9)
"""


def test_a_killed_writer_leaves_nothing_that_looks_whole(tmp_path: Path, project: Path) -> None:
    folder = tmp_path / "cuts"
    done = subprocess.run([sys.executable, "-c", _KILLED, str(folder)], cwd=project, check=False)
    assert done.returncode == -9
    assert not folder.exists()
    assert _partial(folder).exists()
    with pytest.raises(InputError, match="only part of a data set"):
        read_cuts(_partial(folder))
    _write(folder, 2)  # the next writer clears it away
    assert [path.name for path in tmp_path.iterdir()] == ["cuts"]
    assert len(list(read_cuts(folder))) == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_writer_that_fails_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with _writer(tmp_path / "cuts", with_pictures=True) as writer:
            writer.add(record(0))
            raise error

    with pytest.raises(error):
        fail()
    assert not list(tmp_path.iterdir())


def test_no_cuts_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no cuts"):
        _write(tmp_path / "cuts", 0)
    assert not list(tmp_path.iterdir())


def test_two_writers_do_not_mix(tmp_path: Path) -> None:
    with _writer(tmp_path / "cuts") as writer:
        writer.add(record(0))
        with pytest.raises(OutputError, match="another process"):
            _write(tmp_path / "cuts", 1)
    assert len(list(read_cuts(tmp_path / "cuts"))) == 1


def test_what_exists_is_not_written_over(tmp_path: Path) -> None:
    kept = tmp_path / "cuts" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(OutputError, match="not empty"):
        _write(tmp_path / "cuts", 1)
    with pytest.raises(OutputError, match="is a file"):
        _write(kept, 1)
    with pytest.raises(OutputError, match="like an unfinished folder"):
        _write(tmp_path / f"cuts{PARTIAL}", 1)
    with pytest.raises(OutputError, match="no such folder"):
        _write(tmp_path / "missing" / "cuts", 1)
    assert [path.name for path in tmp_path.rglob("*")] == ["cuts", "kept.txt"]


def test_an_empty_folder_or_a_link_to_one_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    _write(tmp_path / "link", 1)
    assert len(list(read_cuts(tmp_path / "empty"))) == 1


@pytest.mark.parametrize("name", ["/proc/cuts", "x" * 300])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        _write(tmp_path / name, 1)


def test_truth_is_for_all_cuts_or_for_none(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="truth given"),
        _writer(tmp_path / "cuts") as writer,
    ):
        writer.add(record(0, truths=(truth(0), truth(1))))


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_cuts(tmp_path / "missing")
    with pytest.raises(InputError, match="holds no cuts"):
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
    with pytest.raises(InputError, match="lacks the columns patterns"):
        list(read_cuts(tmp_path / "cuts"))
    later = pyarrow.array([3], pyarrow.int32())
    pyarrow.parquet.write_table(table.set_column(0, "format", later), file)
    with pytest.raises(InputError, match="format 3"):
        list(read_cuts(tmp_path / "cuts"))
