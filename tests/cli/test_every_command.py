"""Whatever is typed for whichever argument of whichever command is taken, or refused in one line.

Paths are those of regular files and folders, under names that are text and that fit.
"""

import argparse
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.commands import ARGUMENTS, PARSER, Argument

ODD = {
    "two dashes": "--",
    "nothing": "",
    "a space": " ",
    "very long": "x" * 100_000,
    "very long numbers": "9" * 5000,
    "control characters": "\x1b[2J\x07",
    "lines": "a\nb",
    "NUL": "a\0b",
    "digits of another script": "٣",
    "no UTF-8": "caf\udce9",
    "a lone surrogate": "\ud800",
    **{text: text for text in ("nan", "inf", "-1", "1e999", "0x10", "1_000", "½", "..", "/", ".")},
}
NO_PATHS = {
    "nothing": "",
    "the root": "/",
    "a name too long": "x" * 256,
    "a path too long": "x/" * 2500,
    "NUL": "a\0b",
    "an escape": "\x1b[2J",
    "no UTF-8": "caf\udce9",
    "a lone surrogate": "\ud800",
    "a pipe": "pipe",
    "a device": "/dev/zero",
    "a link to a device": "zero",
    "a link to itself": "loop",
    "in a link to itself": "loop/inside",
}
PATHS = [argument for argument in ARGUMENTS if argument.is_path]


@pytest.fixture(autouse=True)
def nothing_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In a folder with what must not be opened; who waits is ended after five seconds."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("zero").symlink_to("/dev/zero")
    Path("loop").symlink_to("loop")
    signal.alarm(5)
    yield
    signal.alarm(0)


def _refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str | None:
    """The one line of a refusal; None where the words are taken."""
    try:
        PARSER.parse_args(words)
    except SystemExit as ended:
        code = ended.code
    else:
        return None
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert len(err) < 2000
    assert all(sign.isprintable() for sign in err[:-1])
    return err


def test_commands_and_their_paths_are_found() -> None:
    named = {" ".join(argument.command) for argument in PATHS}
    assert {"data stats", "lora merge", "train film", "generate"} <= named
    assert len(PATHS) > 40


@pytest.mark.parametrize("argument", ARGUMENTS, ids=str)
def test_odd_text_is_taken_or_refused_in_one_line(
    argument: Argument, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ODD.values():
        _refused(argument.given(text), capsys)
    if argument.action.option_strings and argument.action.nargs is None:
        assert "got '--'" in str(_refused(argument.given("--"), capsys))


@pytest.mark.parametrize(
    "argument",
    [each for each in ARGUMENTS if each.action.type is None and each.action.choices is None],
    ids=str,
)
def test_words_are_text_on_one_line(argument: Argument, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("very long", "control characters", "lines", "NUL", "no UTF-8", "a lone surrogate"):
        assert "; expected text, on one line; " in str(_refused(argument.given(ODD[name]), capsys))


@pytest.mark.parametrize("argument", PATHS, ids=str)
def test_what_is_the_path_of_no_file_and_no_folder_is_refused(
    argument: Argument, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in NO_PATHS.values():
        said = _refused(argument.given(text), capsys)
        assert said is not None
        assert "; expected a file or a folder; " in said or "expected FILE or FILE" in said


def test_no_argument_takes_a_path_by_another_way() -> None:
    raw = [str(each) for each in ARGUMENTS if each.action.type in (Path, str, int, float)]
    assert raw == []


@pytest.mark.parametrize("argument", PATHS, ids=str)
def test_names_that_files_have_are_taken(argument: Argument) -> None:
    make = argument.action.type
    assert callable(make)
    for name in ("a b", "ä" * 127, "x" * 255, "名前.png", "pipe.d/missing", "-"):
        try:
            made = make(name)
        except argparse.ArgumentTypeError as error:
            pytest.fail(f"{argument}: {error}")
        assert Path(name) in (made if isinstance(made, tuple) else (made,))
