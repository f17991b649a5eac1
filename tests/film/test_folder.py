"""Folders that results go into: whole, or as they were."""

import errno
import os
from pathlib import Path

import pytest

from cut2next.film import OutputError
from cut2next.film.folder import make_folder, replaced_folder


def test_a_folder_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    for text in ("one", "two"):
        with replaced_folder(out) as folder:
            (folder / "file").write_text(text)
    assert (out / "file").read_text() == "two"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyError()])
def test_what_fails_half_way_leaves_the_old_one(tmp_path: Path, error: Exception) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "file").write_text("old")
    told = OutputError if isinstance(error, OSError) else KeyError
    with pytest.raises(told):
        _fail_half_way(out, error)
    assert (out / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def _fail_half_way(out: Path, error: Exception) -> None:
    with replaced_folder(out) as folder:
        (folder / "file").write_text("new")
        raise error


def test_a_file_is_not_replaced_by_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(OutputError, match="is a file"), replaced_folder(out):
        pytest.fail("work was begun")
    with pytest.raises(OutputError, match="is a file"):
        make_folder(out)
    assert out.read_text() == "mine"
