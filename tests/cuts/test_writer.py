"""A folder of cuts is written whole or not at all, and by one writer at a time."""

import subprocess
import sys
from pathlib import Path

import datasets
import pytest
from tests.cuts.sample import cut, record, truth

from cut2next.cuts import writer as writing
from cut2next.cuts.dataset import read_cuts
from cut2next.cuts.writer import CutWriter
from cut2next.film import InputError, OutputError
from cut2next.film.writing import PARTIAL

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
