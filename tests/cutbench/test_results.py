import errno
import os
from pathlib import Path

import pytest

from cut2next.cutbench.results import result_folder
from cut2next.film import OutputError


@pytest.mark.parametrize("exists", [False, True])
def test_results_appear_together_and_replace_older_ones(tmp_path: Path, exists: bool) -> None:
    out = tmp_path / "out"
    if exists:
        out.mkdir()
        (out / "report.json").write_text("old")
        (out / "mine.txt").write_text("kept")
    with result_folder(out) as folder:
        (folder / "report.json").write_text("new")
        assert not exists or (out / "report.json").read_text() == "old"
    assert (out / "report.json").read_text() == "new"
    assert {path.name for path in out.iterdir()} - {"mine.txt"} == {"report.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_of_a_run_that_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _fail_half_way(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(OutputError, match="No space left"), result_folder(out):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("out", ["file", "missing/out", "file/out", "/proc/out"])
def test_what_cannot_be_written_is_refused_at_once(tmp_path: Path, out: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError), result_folder(tmp_path / out):
        pytest.fail("work was begun")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def _fail_half_way(out: Path) -> None:
    with result_folder(out) as folder:
        (folder / "report.json").write_text("half")
        raise KeyboardInterrupt
