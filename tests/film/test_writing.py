"""What is written is there whole, or as it was when writing fails; what cannot be is refused."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.film.written import FOLDERS, FULL, Writer, fill, names, texts

from cut2next.film import OutputError
from cut2next.film.writing import (
    check_file,
    filled_folder,
    make_folder,
    new_folder,
    replaced_folder,
    whole_file,
)


@pytest.mark.parametrize("writer", [whole_file, replaced_folder, filled_folder])
def test_the_new_takes_the_place_of_the_old(tmp_path: Path, writer: Writer) -> None:
    for text in ("old", "new"):
        fill(writer, tmp_path / "out", text)
        assert texts(tmp_path / "out") == {text}
    inside = [] if writer is whole_file else ["out/inner", "out/inner/file", "out/page"]
    assert names(tmp_path) == ["out", *inside]


def test_a_filled_folder_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    fill(filled_folder, tmp_path, "new")
    assert names(tmp_path) == ["inner", "inner/file", "mine", "page"]
    assert (tmp_path / "mine").read_text() == "kept"


def test_a_replaced_folder_makes_those_above_and_others_do_not(tmp_path: Path) -> None:
    fill(replaced_folder, tmp_path / "a" / "b" / "out", "new")
    for writer in (whole_file, new_folder, filled_folder):
        with pytest.raises(OutputError, match=r"/c: no such folder|No such file or directory"):
            fill(writer, tmp_path / "c" / "out", "new")
    assert not (tmp_path / "c").exists()


def test_a_new_folder_may_be_there_if_it_is_empty(tmp_path: Path) -> None:
    fill(new_folder, tmp_path, "new")
    with pytest.raises(OutputError, match="exists and is not empty"):
        fill(new_folder, tmp_path, "again")
    assert texts(tmp_path) == {"new"}


def test_a_link_leads_to_the_new_folder(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    fill(replaced_folder, tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert texts(tmp_path / "there") == {"new"}


@pytest.mark.parametrize("there", [True, False])
def test_a_link_leads_to_the_new_file(tmp_path: Path, *, there: bool) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    if there:
        (folder / "file").write_text("old")
    (tmp_path / "link").symlink_to("folder/file")
    with whole_file(tmp_path / "link") as place:
        assert place.name == "link"
        place.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert texts(folder / "file") == {"new"}
    assert names(tmp_path) == ["folder", "folder/file", "link"]


@pytest.mark.parametrize("error", [FULL, KeyError(), KeyboardInterrupt()])
@pytest.mark.parametrize("writer", [whole_file, *FOLDERS])
def test_what_fails_half_way_leaves_the_old(
    tmp_path: Path, writer: Writer, error: BaseException
) -> None:
    out = tmp_path / "out"
    if writer is not new_folder:
        fill(writer, out, "old")
    before = names(tmp_path)

    def fail() -> None:
        with writer(out) as place:
            (place if writer is whole_file else place / "file").write_text("half")
            raise error

    with pytest.raises(OutputError if error is FULL else type(error)):
        fail()
    assert names(tmp_path) == before
    assert texts(tmp_path) <= {"old"}


@pytest.mark.parametrize("writer", [whole_file, *FOLDERS])
def test_all_is_on_the_disk_before_it_takes_its_place_and_then_its_name_is(
    tmp_path: Path, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, events = tmp_path / "out", list[tuple[str, Path]]()

    def synced(file: int) -> None:
        events.append(("sync", Path(f"/proc/self/fd/{file}").readlink()))

    def moved(real: Callable[..., None]) -> Callable[..., None]:
        def move(source: Path, place: Path) -> None:
            events.append(("move", Path(place)))
            real(source, place)

        return move

    if writer is filled_folder:
        out.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", synced)
        for name in ("rename", "replace"):
            patch.setattr(os, name, moved(getattr(os, name)))
        fill(writer, out, "new")
    moves = [
        at
        for at, (kind, place) in enumerate(events)
        if kind == "move" and place.parent in (tmp_path, out)
    ]
    before = {path.name for kind, path in events[: moves[0]] if kind == "sync"}
    assert before >= ({"out"} if writer is whole_file else {"new", "inner", "file", "page"})
    assert ("sync", events[moves[-1]][1].parent) in events[moves[-1] :]


def test_other_faults_may_mean_the_same(tmp_path: Path) -> None:
    def fail(**settings: Any) -> None:
        with whole_file(tmp_path / "out", **settings):
            raise ArithmeticError("no\n  room")

    with pytest.raises(OutputError, match=r"out: cannot be written \(no room\); expected"):
        fail(fault=ArithmeticError)
    with pytest.raises(ArithmeticError):
        fail()


def test_files_get_the_rights_of_any_other(tmp_path: Path) -> None:
    def written(path: Path) -> int:
        path.write_text("text")
        path.chmod(0o600)  # as a temporary file has
        return path.stat().st_mode & 0o777

    (tmp_path / "any").write_text("text")
    with whole_file(tmp_path / "out") as place:
        assert written(place) == 0o600
    with new_folder(tmp_path / "folder") as folder:
        written(folder / "file")
    modes = {(tmp_path / name).stat().st_mode for name in ("any", "out", "folder/file")}
    assert len(modes) == 1


@pytest.mark.parametrize("name", ["x" * 255, "ä" * 127, ".cut2next-lock", "new", "whole"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    fill(whole_file, tmp_path / name, "new")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("writer", FOLDERS)
@pytest.mark.parametrize("place", ["file", "file/out", "/proc/out", "x" * 300])
def test_what_cannot_be_a_folder_is_refused_at_once(
    tmp_path: Path, writer: Writer, place: str
) -> None:
    (tmp_path / "file").write_text("mine")
    begun = False
    with pytest.raises(OutputError), writer(tmp_path / place):
        begun = True
    assert not begun
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("place", ["missing/out", "file/out", "/proc/out", "folder", "x" * 300])
def test_what_cannot_be_a_file_is_refused_at_once(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError):
        check_file(tmp_path / place)
    with pytest.raises(OutputError), whole_file(tmp_path / place):
        pytest.fail("work was begun")
    assert names(tmp_path) == ["file", "folder"]


def test_a_place_is_checked_without_a_trace(tmp_path: Path) -> None:
    check_file(tmp_path / "out")
    assert names(tmp_path) == []


@pytest.mark.parametrize("writer", FOLDERS)
def test_a_file_is_not_replaced_by_a_folder(tmp_path: Path, writer: Writer) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(OutputError):
        fill(writer, out, "new")
    with pytest.raises(OutputError, match="is a file"):
        make_folder(out)
    assert out.read_text() == "mine"
    assert names(tmp_path) == ["out"]


def test_a_folder_is_made_with_those_above(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert names(tmp_path) == ["a", "a/b"]
    with pytest.raises(OutputError, match="/proc/a: "):
        make_folder(Path("/proc/a"))
