"""A folder of cuts is written whole or not at all, and by one writer at a time."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import pyarrow.parquet
import pytest
from tests.cuts.sample import cut, record, truth

from cut2next.cuts import writer as writing
from cut2next.cuts.dataset import read_cuts
from cut2next.cuts.record import CutRecord
from cut2next.cuts.writer import CutWriter
from cut2next.film import InputError, OutputError
from cut2next.film.scratch import PARTIAL

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


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{PARTIAL}")


def _writer(folder: Path, *, with_truth: bool = False, with_pictures: bool = False) -> CutWriter:
    return CutWriter(folder, with_truth=with_truth, with_pictures=with_pictures)


def _write(folder: Path, count: int) -> None:
    with _writer(folder) as writer:
        for number in range(count):
            writer.add(record(number))


def test_many_cuts_go_to_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_CUTS_A_GROUP", 2)
    monkeypatch.setattr(writing, "_GROUPS_A_FILE", 2)
    _write(tmp_path / "cuts", 9)
    names = [path.name for path in sorted((tmp_path / "cuts" / "data").iterdir())]
    assert names == [f"train-0000{number}.parquet" for number in range(3)]
    assert [read.name for read in read_cuts(tmp_path / "cuts")] == [cut(n).name for n in range(9)]


def _large(number: int, size: int) -> CutRecord:
    """A cut whose two pictures take so many bytes, of what does not compress."""
    plain = record(number)
    noise = np.random.default_rng(number).bytes(size)
    shots = [replace(shot, image=shot.image + noise) for shot in plain.shots]
    return replace(plain, current=shots[0], next=shots[1])


def _groups(folder: Path) -> list[pyarrow.parquet.RowGroupMetaData]:
    (path,) = (folder / "data").iterdir()
    metadata = pyarrow.parquet.read_metadata(path)
    return [metadata.row_group(number) for number in range(metadata.num_row_groups)]


def test_a_group_of_rows_is_bounded_in_bytes(tmp_path: Path) -> None:
    """As 50 cuts of grainy 4K are: 7.5 MB each, which made a group of 377 MB."""
    with _writer(tmp_path / "cuts") as writer:
        for number in range(30):
            writer.add(_large(number, 3_750_000))
    groups = _groups(tmp_path / "cuts")
    assert [group.num_rows for group in groups] == [13, 13, 4]
    assert max(group.total_byte_size for group in groups) < 100 * 2**20 < 286 * 2**20


def test_a_cut_that_is_larger_than_a_group_has_one_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_BYTES_A_GROUP", 1000)
    with _writer(tmp_path / "cuts") as writer:
        for number in range(3):
            writer.add(_large(number, 900))
    assert [group.num_rows for group in _groups(tmp_path / "cuts")] == [1, 1, 1]


def test_an_index_finds_the_page_of_each_large_picture(tmp_path: Path) -> None:
    size, count = 1_100_000, 8
    with _writer(tmp_path / "cuts") as writer:
        for number in range(count):
            writer.add(_large(number, size))
    (group,) = _groups(tmp_path / "cuts")
    columns = [group.column(number) for number in range(group.num_columns)]
    assert all(column.has_offset_index for column in columns)
    (pictures,) = (at for at in columns if at.path_in_schema == "current_image.bytes")
    contents = sum(len(_large(number, size).current.image) + 4 for number in range(count))
    # Every page has a header of 20 bytes or more.
    assert pictures.total_uncompressed_size - contents > 20 * count


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
