"""What is written is there whole, or as it was: whoever is killed or comes between, and when."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.film.written import FOLDERS, FULL, Writer, fill, names, texts

from cut2next.film import OutputError
from cut2next.film.locking import LOCK
from cut2next.film.scratch import PARTIAL
from cut2next.film.writing import (
    filled_folder,
    new_folder,
    replaced_folder,
    standing,
    whole_file,
)


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
    (whole.parent / LOCK).touch()
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
        if path.name == LOCK and gone:
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
    for scratch, old in (
        (tmp_path / f".out{PARTIAL}", "old"),
        (tmp_path / PARTIAL, "old/out"),
    ):
        (scratch / old).mkdir(parents=True)
        assert standing(out) == out
        (scratch / old.replace("old", "whole")).mkdir(parents=True)
        assert standing(out) == scratch / old
        out.mkdir()
        assert standing(out) == out
        out.rmdir()
        shutil.rmtree(scratch)
