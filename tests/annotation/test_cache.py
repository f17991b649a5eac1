"""The file of answers: what is in it stays, whatever becomes of its end."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.annotation.cache import HEADER, AnswerCache, Received
from cut2next.film import InputError, OutputError

KEYS = [f"{number:064x}" for number in range(4)]


def _received(number: int, raw: str = "{}", *, model: str = "a-model") -> Received:
    return Received(
        key=KEYS[number],
        model=model,
        instructions=1,
        schema_name="CutAnswer",
        time="2026-01-01T00:00:00+00:00",
        attempt=1,
        raw=raw,
        tokens_in=10,
        tokens_out=1,
    )


def _fill(path: Path) -> list[int]:
    """Three answers; returns where each line ends."""
    ends = []
    with AnswerCache(path) as cache:
        for number in range(3):
            cache.add(_received(number, f"Ána\n\u2028 {number}"))
            ends.append(path.stat().st_size)
    return ends


def test_answers_come_back(tmp_path: Path) -> None:
    _fill(tmp_path / "answers")
    with AnswerCache(tmp_path / "answers") as cache:
        assert cache.answers(KEYS[1]) == [_received(1, "Ána\n\u2028 1")]
        assert cache.answers(KEYS[3]) == []
        assert (cache.tokens("a-model").into, cache.tokens("a-model").out) == (30, 3)
        assert cache.tokens("another").into == 0
        cache.add(_received(1, "later"))
        assert [answer.raw for answer in cache.answers(KEYS[1])][1:] == ["later"]


@given(st.data())
def test_a_file_that_is_torn_anywhere_keeps_its_whole_lines(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answers"
        ends = _fill(path)
        at = data.draw(st.integers(0, ends[-1]))
        path.write_bytes(path.read_bytes()[:at])
        # A line that lacks nothing but its end is whole.
        whole = [number for number, end in enumerate(ends) if end - 1 <= at]
        with AnswerCache(path) as cache:
            assert [n for n in range(3) if cache.answers(KEYS[n])] == whole
            cache.add(_received(3, "after"))
        with AnswerCache(path) as cache:
            assert [n for n in range(4) if cache.answers(KEYS[n])] == [*whole, 3]
            assert cache.tokens("a-model").into == 10 * (len(whole) + 1)


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_lines_of_rubbish_are_skipped(rubbish: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answers"
        ends = _fill(path)
        first, rest = path.read_bytes()[: ends[0]], path.read_bytes()[ends[0] :]
        path.write_bytes(first + b"".join(line + b"\n" for line in rubbish) + rest)
        with AnswerCache(path) as cache:
            assert [n for n in range(4) if cache.answers(KEYS[n])] == [0, 1, 2]


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n", b"\n", HEADER[:9] + b"?" + HEADER, b"{" * len(HEADER)]
)
def test_another_kind_of_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no file of answers"):
        AnswerCache(path)
    assert path.read_bytes() == content


def test_one_process_writes_a_file(tmp_path: Path, project: Path) -> None:
    path = tmp_path / "answers"
    code = (
        "import sys; from pathlib import Path; from cut2next.annotation.cache import AnswerCache\n"
    )
    code += "AnswerCache(Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(path)]
    with AnswerCache(path):
        done = subprocess.run(command, cwd=project, capture_output=True, check=False)
        assert b"being written by another process" in done.stderr
    assert subprocess.run(command, cwd=project, check=False).returncode == 0


@pytest.mark.parametrize("name", ["missing/answers", ".", "x" * 300])
def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot be used"):
        AnswerCache(tmp_path / name)


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    ends = _fill(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with AnswerCache(path) as cache:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ends[-1] + 40, hard))
        try:
            with pytest.raises(OutputError, match="cannot be used"):
                cache.add(_received(3))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.stat().st_size == ends[-1]
    with AnswerCache(path) as cache:
        assert [n for n in range(4) if cache.answers(KEYS[n])] == [0, 1, 2]


def test_without_an_answer_there_is_no_file_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with AnswerCache(path):
        assert path.exists()
    assert not path.exists()


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
def test_answers_have_the_rights_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        _fill(tmp_path / "answers")
    finally:
        os.umask(before)
    assert (tmp_path / "answers").stat().st_mode & 0o777 == 0o666 & ~mask
