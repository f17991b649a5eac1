"""A person's own files are never touched, whatever they are called; what kills left is cleared."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.film.written import FOLDERS, Writer, fill, names, texts

from cut2next.film import InputError, OutputError
from cut2next.film.locking import LOCK
from cut2next.film.scratch import PARTIAL, clear_inside, scratch_beside
from cut2next.film.writing import (
    check_file,
    end_filling,
    filled_folder,
    made_folder,
    new_folder,
    one_writer_in,
    passing_folder,
    put_file,
    replaced_folder,
    whole_file,
)


def a_file(place: Path) -> None:
    place.write_text("a person's")


def a_folder(place: Path) -> None:
    place.mkdir()
    (place / "notes").write_text("a person's")


def called_as_ours(place: Path) -> None:
    for name in ("new", "whole", "old"):
        (place / name).mkdir(parents=True)
        (place / name / "notes").write_text("a person's")


def among_ours(place: Path) -> None:
    a_folder(place)
    (place / LOCK).touch()


def a_link(place: Path) -> None:
    a_folder(place.parent / "elsewhere")
    place.symlink_to("elsewhere")


@pytest.mark.parametrize("writer", FOLDERS)
@pytest.mark.parametrize("put", [a_file, a_folder, called_as_ours, among_ours, a_link])
def test_what_is_a_persons_in_the_place_of_a_scratch_is_left_alone(
    tmp_path: Path, writer: Writer, put: Callable[[Path], None]
) -> None:
    out = tmp_path / "out"
    if writer is filled_folder:
        out.mkdir()
    put(out / PARTIAL if writer is filled_folder else scratch_beside(out))
    before = names(tmp_path)
    with pytest.raises(OutputError, match=r"holds something of yours.*rename it"):
        fill(writer, out, "new")
    assert names(tmp_path) == before
    assert texts(tmp_path) <= {"a person's", ""}


@pytest.mark.parametrize("writer", [whole_file, *FOLDERS])
def test_no_name_of_a_persons_is_taken(tmp_path: Path, writer: Writer) -> None:
    """Those that older and other programs use for what they move away or have not finished."""
    out = tmp_path / "out"
    for where in (tmp_path, out):
        for name in ("out.old", ".out.old", "out.part", "out.tmp", "lock", ".lock", ".page.old"):
            if where.exists() and (where is tmp_path or writer is filled_folder):
                a_folder(where / name)
        if writer is filled_folder:
            out.mkdir(exist_ok=True)
    before = [path for path in names(tmp_path) if path != "out"]
    for text in ("one", "two"):
        if text == "one" or writer is not new_folder:
            fill(writer, out, text)
    assert set(before) <= set(names(tmp_path))
    assert (tmp_path / ".out.old" / "notes").read_text() == "a person's"


@pytest.mark.parametrize("name", ["step-1", "out.old", "mine"])
def test_other_folders_are_not_cleared(tmp_path: Path, name: str) -> None:
    a_folder(tmp_path / name)
    called_as_ours(tmp_path / f".mine{PARTIAL}")
    before = names(tmp_path)
    clear_inside(tmp_path)
    assert names(tmp_path) == before


def left_by_a_kill(scratch: Path) -> None:
    (scratch / "new").mkdir(parents=True)
    (scratch / "new" / "half").write_text("half")
    (scratch / LOCK).touch()


def test_what_is_done_already_is_refused_and_what_a_kill_left_goes(tmp_path: Path) -> None:
    """A kill may come when all has its place, but before the scratch is gone."""
    fill(new_folder, tmp_path / "out", "whole")
    left_by_a_kill(scratch_beside(tmp_path / "out"))
    with pytest.raises(OutputError, match="exists and is not empty"):
        fill(new_folder, tmp_path / "out", "again")
    assert texts(tmp_path) == {"whole"}
    assert names(tmp_path)[0] == "out"


def test_one_writer_has_a_folder_and_clears_what_kills_left(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "run"
    with one_writer_in(folder):
        pass
    left_by_a_kill(scratch_beside(folder / "model"))
    left_by_a_kill(folder / "latents" / f".0123-89{PARTIAL}")
    (folder / "lock").write_text("a person's")
    with one_writer_in(folder):
        assert names(folder) == [LOCK, "latents", "lock"]
        with (
            pytest.raises(OutputError, match="a/run: is being written by another process"),
            one_writer_in(folder),
        ):
            pass
        fill(replaced_folder, folder / "model", "new")
    assert (folder / "lock").read_text() == "a person's"
    assert not (folder / LOCK).exists()


def refused(page: Path, *, kept: bool) -> None:
    if kept:
        page.touch()
    raise InputError("this", expected="that", hint="do")


def test_a_folder_that_was_made_in_vain_goes_and_one_that_holds_something_stays(
    tmp_path: Path,
) -> None:
    for kept in (False, True):
        with pytest.raises(InputError), made_folder(tmp_path / "a" / "b"):
            refused(tmp_path / "a" / "page", kept=kept)
        assert names(tmp_path) == (["a", "a/page"] if kept else [])


def test_a_filling_that_a_kill_interrupted_is_ended(tmp_path: Path) -> None:
    end_filling(tmp_path)
    assert names(tmp_path) == []
    whole = tmp_path / PARTIAL / "whole"
    whole.mkdir(parents=True)
    (whole / "README.md").write_text("new")
    (tmp_path / PARTIAL / LOCK).touch()
    end_filling(tmp_path)
    assert names(tmp_path) == ["README.md"]


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
def test_all_that_is_written_has_the_rights_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        for writer in (whole_file, *FOLDERS):
            fill(writer, tmp_path / writer.__name__, "new")
        with one_writer_in(tmp_path / "made" / "run"):
            check_file(tmp_path / "made" / "run" / "page")
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~mask, path


def test_what_passes_is_gone_afterwards_and_what_a_kill_left_of_it_at_the_next_start(
    tmp_path: Path,
) -> None:
    with passing_folder(tmp_path) as one, passing_folder(tmp_path) as other:
        assert one != other
        (one / "film").write_text("whole")
        put_file(one / "film", tmp_path / "kept")
        (other / "film").write_text("half")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    left = tmp_path / f".0{PARTIAL}"
    (left / "new").mkdir(parents=True)
    (left / LOCK).touch()
    (left / "new" / "film").write_text("half")
    with one_writer_in(tmp_path):
        assert not left.exists()
    with pytest.raises(OutputError), passing_folder(tmp_path / "nowhere"):
        pass
