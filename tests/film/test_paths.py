import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cut2next.film import Cut2NextError, InputError, WeightsError
from cut2next.film.paths import (
    LINE,
    checked,
    listed,
    looked_at,
    name_fault,
    opened,
    path_fault,
    read_bytes,
    read_json,
    read_lines,
)

READERS: tuple[Callable[[Path], object], ...] = (
    checked,
    looked_at,
    opened,
    read_bytes,
    read_json,
    lambda path: list(read_lines(path)),
)


@pytest.fixture(autouse=True)
def nothing_waits() -> Iterator[None]:
    """A reader that waits is ended after two seconds, by an error that is none of ours."""
    signal.alarm(2)
    yield
    signal.alarm(0)


def _said(read: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(InputError) as refusal:
        read(path)
    assert "\n" not in str(refusal.value)
    return refusal.value.got


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder of what is no file."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nowhere").symlink_to("missing")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
    return tmp_path


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pipe", "is a pipe, a device or a socket"),
        ("socket", "is a pipe, a device or a socket"),
        ("zero", "is a pipe, a device or a socket"),
        ("folder", "is a folder"),
        ("loop", "cannot be read (Too many levels of symbolic links)"),
        ("nowhere", "does not exist"),
        ("missing", "does not exist"),
        ("folder/missing", "does not exist"),
        ("x" * 256, "has a name over 255 bytes long"),
        ("ä" * 128, "has a name over 255 bytes long"),
        ("x/" * 2048, "is over 4095 bytes long"),
        ("nul\0", "has control characters"),
        ("\x1b[2J", "has control characters"),
        ("latin-\udce4", "is no UTF-8"),
        ("lone-\ud800", "is no UTF-8"),
    ],
)
def test_what_is_no_regular_file_is_refused_at_once(
    read: Callable[[Path], object], name: str, said: str, odd: Path
) -> None:
    assert _said(read, odd / name) == f"{odd / name}: {said}"


@pytest.mark.parametrize("read", READERS)
def test_a_file_in_place_of_a_folder_is_refused(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert "cannot be read (Not a directory)" in _said(read, tmp_path / "file" / "inside")


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root, whom nothing is closed to, is somebody else for a while."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    yield
    os.seteuid(me)


def test_what_must_not_be_read_is_refused(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "file").touch(mode=0o000)
    (tmp_path / "folder").mkdir(mode=0o000)
    request.getfixturevalue("nobody")
    assert "cannot be read (Permission denied)" in _said(opened, tmp_path / "file")
    assert "cannot be read (Permission denied)" in _said(listed, tmp_path / "folder")


def test_a_pipe_that_comes_between_looking_and_opening_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr("cut2next.film.paths.checked", lambda path, refuse: path)
    assert "is a pipe" in _said(opened, tmp_path / "pipe")


@pytest.mark.parametrize("name", ["a", "ä" * 127, "x" * 255, "/".join(["x" * 255] * 15), "a b.c"])
def test_a_name_that_files_have_is_taken(name: str) -> None:
    assert name_fault(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((name, "is a pipe, a device or a socket") for name in ("pipe", "socket", "zero")),
        ("loop", "cannot be used (Too many levels of symbolic links)"),
        ("loop/inside", "cannot be used (Too many levels of symbolic links)"),
        ("x" * 256, "has a name over 255 bytes long"),
        ("\ud800", "is no UTF-8"),
        *((name, None) for name in ("folder", "file", "file/inside", "missing", "nowhere")),
    ],
)
def test_a_path_is_one_of_a_file_or_a_folder_or_free(
    name: str, said: str | None, odd: Path
) -> None:
    (odd / "file").touch()
    assert path_fault(odd / name) == said


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b'{"a": 1}\r\n')
    with opened(path) as file:
        assert file.read() == b'{"a": 1}\r\n'
    assert read_bytes(path) == b'{"a": 1}\r\n'
    assert read_bytes(path, most=10) == b'{"a": 1}\r\n'
    assert read_json(path) == {"a": 1}
    assert checked(path) == path


def test_so_much_is_read_and_no_more(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    assert "is too large (over 67,108,864 bytes)" in _said(read_bytes, tmp_path / "sparse")
    (tmp_path / "eleven").write_bytes(b"x" * 11)
    assert "is too large (over 10 bytes)" in _said(
        lambda path: read_bytes(path, most=10), tmp_path / "eleven"
    )


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_json_is_refused(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(text)
    assert "is no JSON (" in _said(read_json, tmp_path / "file")


def test_lines_come_with_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"a\r\n\nb\x85c")
    assert list(read_lines(tmp_path / "lines")) == [(1, b"a\r\n"), (2, b"\n"), (3, b"b\x85c")]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"a\n" + b"x" * (LINE + 1))
    read = READERS[-1]
    assert "line 2 is too long (over 1,048,576 bytes)" in _said(read, tmp_path / "lines")


def test_a_folder_is_listed_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in listed(tmp_path, "*.json")] == ["a.json", "b.json"]
    assert listed(tmp_path)[-1] == tmp_path / "c.txt"


@pytest.mark.parametrize("name", ["pipe", "loop", "missing", "zero", "x" * 256, "nul\0"])
def test_what_is_no_folder_is_not_listed(name: str, odd: Path) -> None:
    assert str(odd / name) in _said(listed, odd / name)


def test_a_refusal_is_in_the_words_of_whoever_asks(tmp_path: Path) -> None:
    def refuse(path: Path, got: str) -> Cut2NextError:
        return WeightsError(f"{path.name} {got}", expected="weights", hint="fetch them")

    with pytest.raises(
        WeightsError, match=r"^missing does not exist; expected weights; fetch them"
    ):
        opened(tmp_path / "missing", refuse)
