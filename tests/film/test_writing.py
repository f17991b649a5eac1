"""What is written is there whole, or as it was: whatever fails, whoever is killed, and when."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cut2next.film import OutputError
from cut2next.film.writing import (
    PARTIAL,
    check_file,
    filled_folder,
    kept_aside,
    make_folder,
    new_folder,
    replaced_folder,
    standing,
    whole_file,
)

Writer = Callable[[Path], AbstractContextManager[Path]]
FOLDERS = [new_folder, replaced_folder, filled_folder]
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Killed(BaseException):
    """Stands for SIGKILL: from a moment on, nothing of the process reaches the disk."""


@contextmanager
def killed_after(calls: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends whatever runs within it at a number of calls that change the disk."""
    left = calls

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **settings: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return real(*arguments, **settings)

        return call

    with monkeypatch.context() as patch:
        for name in ("mkdir", "rmdir", "rename", "replace", "unlink", "chmod", "fsync"):
            patch.setattr(os, name, dying(getattr(os, name)))
        with suppress(Killed):
            yield


def fill(writer: Writer, path: Path, text: str) -> None:
    with writer(path) as place:
        if writer is whole_file:
            place.write_text(text)
        else:
            (place / "inner").mkdir()
            (place / "inner" / "file").write_text(text)
            (place / "page").write_text(text)


def texts(path: Path) -> set[str]:
    """What all files of a folder, or a file, say; without those of an unfinished one."""
    files = [path] if path.is_file() else [*path.rglob("*")]
    return {file.read_text() for file in files if file.is_file() and PARTIAL not in str(file)}


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


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
    with pytest.raises(OutputError, match="cannot be written"):
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


@contextmanager
def failing_once(
    at: int, error: BaseException, monkeypatch: pytest.MonkeyPatch, *, late: bool = False
) -> Iterator[None]:
    """Raises an error once within it: instead of a renaming, counted from 0, or after it."""
    count = 0

    def failing(real: Callable[..., None]) -> Callable[..., None]:
        def move(source: Path, place: Path) -> None:
            nonlocal count
            count += 1
            if late or count != at + 1:
                real(source, place)
            if count == at + 1:
                raise error

        return move

    with monkeypatch.context() as patch:
        for name in ("rename", "replace"):
            patch.setattr(os, name, failing(getattr(os, name)))
        with pytest.raises(OutputError if error is FULL else type(error)):
            yield


@pytest.mark.parametrize(
    ("error", "late"), [(FULL, False), (KeyboardInterrupt(), False), (KeyboardInterrupt(), True)]
)
@pytest.mark.parametrize(("writer", "renamings"), [(replaced_folder, 3), (filled_folder, 4)])
def test_what_fails_to_take_its_place_is_put_there_by_the_next_run(
    tmp_path: Path,
    writer: Writer,
    renamings: int,
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
    *,
    late: bool,
) -> None:
    for at in range(renamings):
        out = tmp_path / str(at) / "out"
        out.parent.mkdir()
        fill(writer, out, "old")
        with failing_once(at, error, monkeypatch, late=late):
            fill(writer, out, "new")
        for path in [out] if writer is replaced_folder else [out / "inner", out / "page"]:
            assert texts(path) in ({"old"}, {"new"})
        with pytest.raises(KeyError), writer(out):
            raise KeyError
        assert texts(out) == ({"old"} if at == 0 and not late else {"new"})
        fill(writer, out, "newest")
        assert texts(out) == {"newest"}
        assert names(out.parent) == ["out", "out/inner", "out/inner/file", "out/page"]


def test_a_new_folder_that_cannot_take_its_place_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing_once(0, FULL, monkeypatch):
        fill(new_folder, tmp_path / "out", "new")
    assert names(tmp_path) == []


def test_data_take_their_place_before_the_card_that_tells_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        with filled_folder(tmp_path) as place:
            (place / "README.md").write_text("card")
            (place / "data").mkdir()

    with failing_once(2, FULL, monkeypatch):
        write()
    assert (tmp_path / "data").exists()
    assert not (tmp_path / "README.md").exists()
    write()
    assert names(tmp_path) == ["README.md", "data"]


def test_other_faults_may_mean_the_same(tmp_path: Path) -> None:
    def fail(**settings: Any) -> None:
        with whole_file(tmp_path / "out", **settings):
            raise ArithmeticError("no\n  room")

    with pytest.raises(OutputError, match=r"out: cannot be written \(no room\); expected"):
        fail(fault=ArithmeticError)
    with pytest.raises(ArithmeticError):
        fail()


@pytest.mark.parametrize("writer", [whole_file, *FOLDERS])
def test_a_kill_at_any_moment_leaves_old_or_new_and_the_next_run_tidies(
    tmp_path: Path, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moments are the calls that change the disk: one run is killed before each of them."""
    for calls in range(100):
        folder = tmp_path / str(calls)
        folder.mkdir()
        out = folder / "out"
        if writer is not new_folder:
            fill(writer, out, "old")
        done = False
        with killed_after(calls, monkeypatch):
            fill(writer, out, "new")
            done = True
        said = texts(standing(out)) if standing(out).exists() else set()
        if writer is filled_folder:  # its files come one by one
            assert said <= {"old", "new"}
            assert standing(out / "inner").exists()
        else:
            assert said in ({"old"}, {"new"}) or (writer is new_folder and not said)
        if writer is new_folder and out.exists():  # killed when it had been put there
            assert said == {"new"}
        else:
            fill(writer, out, "newest")
            assert texts(out) == {"newest"}
            inside = [] if writer is whole_file else ["out/inner", "out/inner/file", "out/page"]
            assert names(folder) == ["out", *inside]
        if done:
            break
    assert 5 < calls < 99


_KILLED = """
import os, sys
from pathlib import Path
from cut2next.film import writing
with getattr(writing, sys.argv[1])(Path(sys.argv[2])) as place:
    file = place if sys.argv[1] == "whole_file" else place / "file"
    file.write_text("half")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("writer", [whole_file, *FOLDERS])
def test_what_a_killed_process_left_is_cleared(tmp_path: Path, writer: Writer) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", _KILLED, writer.__name__, str(out)]
    assert subprocess.run(command, check=False).returncode == -9
    (left,) = names(tmp_path)[:1]
    assert left.startswith(".")
    assert left.endswith(PARTIAL)
    fill(writer, out, "new")
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert texts(out) == {"new"}


def test_what_was_whole_before_a_kill_is_put_to_its_place_by_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("old")
    whole = tmp_path / PARTIAL / "whole"
    whole.mkdir(parents=True)
    (whole / "page").write_text("new")
    with pytest.raises(KeyError), filled_folder(tmp_path):
        raise KeyError
    assert names(tmp_path) == ["page"]
    assert texts(tmp_path) == {"new"}


@pytest.mark.parametrize("writer", FOLDERS)
def test_two_writers_of_a_folder_do_not_mix(tmp_path: Path, writer: Writer) -> None:
    out = tmp_path / "out"
    with writer(out) as place:
        (place / "file").write_text("mine")
        with pytest.raises(OutputError, match="is being written by another process"):
            fill(writer, out, "yours")
    assert texts(out) == {"mine"}


def test_the_last_of_several_writers_of_a_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with whole_file(out) as mine:
        mine.write_text("mine")
        fill(whole_file, out, "yours")
        assert texts(out) == {"yours"}
    assert texts(out) == {"mine"}
    assert names(tmp_path) == ["out"]


def test_who_clears_does_not_stop_a_writer_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that clears may have the lock of a scratch that was just made."""
    out = tmp_path / "out"
    with whole_file(out) as mine:
        mine.write_text("mine")
        (scratch,) = tmp_path.iterdir()
        tokens = iter([scratch.name.removesuffix(PARTIAL)[-8:], "01234567"])
        monkeypatch.setattr("cut2next.film.writing.token_hex", lambda _: next(tokens))
        fill(whole_file, out, "yours")
        assert texts(out) == {"yours"}
    assert names(tmp_path) == ["out"]


def test_a_lock_that_is_deleted_as_it_is_taken_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, gone = Path.stat, [FileNotFoundError()]

    def stat(path: Path, **settings: Any) -> os.stat_result:
        if path.name == "lock" and gone:
            raise gone.pop()
        return real(path, **settings)

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(Path, "stat", stat)
    fill(whole_file, tmp_path / "out", "new")
    assert not gone
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert names(tmp_path) == ["out"]


def test_many_may_write_a_folder_one_after_the_other(tmp_path: Path) -> None:
    """Those who come while another one writes are refused, and never see or leave half of it."""
    refused: list[OutputError] = []

    def write(text: str) -> None:
        for _ in range(20):
            try:
                fill(replaced_folder, tmp_path / "out", text)
            except OutputError as error:
                refused.append(error)

    threads = [threading.Thread(target=write, args=(text,)) for text in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("by another process" in str(error) for error in refused)
    assert len(texts(tmp_path / "out")) == 1
    assert names(tmp_path) == ["out", "out/inner", "out/inner/file", "out/page"]


def test_an_interrupted_replacement_is_read_from_where_it_waits(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert standing(out) == out
    for place in (kept_aside(out), out):
        place.mkdir()
        assert standing(out) == place


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


@pytest.mark.parametrize("name", ["x" * 255, "ä" * 127, "lock", "new", "whole"])
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
    assert begun == (writer is new_folder and place == "file")
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
