import copy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.makers.briefs import brief

from cut2next.film import InputError
from cut2next.makers import Asked, Brief, Made, MakerError
from cut2next.makers.function import FunctionMaker, check_function, load_function


def test_a_function_makes_next_shots() -> None:
    maker = FunctionMaker(lambda brief: Image.new("RGB", brief.size, "blue"))
    (made,) = maker.make([brief(3)])
    assert made.picture.getpixel((0, 0)) == (0, 0, 255)
    assert made.asked.seed == 3
    assert made.asked.words == (
        "A wall. The transition is a cut-in. [IMAGE1] A red wall. Angle: high. "
        "[IMAGE2] A blue wall."
    )


def test_a_made_of_something_else_is_one_line() -> None:
    asked = Asked(words="", size=(8, 8))
    wrong = (
        Made(picture=np.full((8, 8, 3), np.nan), asked=asked),  # type: ignore[arg-type]
        Made(picture=Image.new("RGB", (8, 8)), asked="a wall"),  # type: ignore[arg-type]
    )
    numbered = iter(wrong)
    maker = FunctionMaker(lambda brief: next(numbered))
    for _ in wrong:
        with pytest.raises(MakerError, match=r"case-0: a (ndarray|str)"):
            list(maker.make([brief()]))


def test_a_file_may_be_called_as_a_module_of_python_is(tmp_path: Path) -> None:
    (tmp_path / "copy.py").write_text("def same(brief):\n    return brief.current\n")
    load_function(tmp_path / "copy.py", "same")
    assert sys.modules["copy"] is copy


def test_a_file_is_checked_without_being_run(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    for text in ("exit()\ndef cut(brief): ...", "exit()\nfrom elsewhere import *"):
        file.write_text(text)
        check_function(file, "cut")
    for text, fault in (("exit()", "has no function cut"), ("def cut(", "SyntaxError")):
        file.write_text(text)
        with pytest.raises(InputError, match=fault):
            check_function(file, "cut")


def test_a_function_may_tell_what_it_really_asked() -> None:
    asked = Asked(words="blue wall", size=(64, 64), steps=4)

    def make(brief: Brief) -> Made:
        return Made(picture=brief.current, asked=asked)

    (made,) = FunctionMaker(make).make([brief()])
    assert made.asked is asked


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("exit()", "SystemExit"),
        ("1 / 0", "ZeroDivisionError"),
        ("return None", "a NoneType"),
        ("return 'x'", "a str"),
    ],
)
def test_what_goes_wrong_in_a_function_is_one_line(body: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"def cut(brief):\n    {body}\n")
    maker = FunctionMaker(load_function(tmp_path / "mine.py", "cut"))
    with pytest.raises(MakerError, match=f"case-0: {fault}"):
        list(maker.make([brief()]))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1", "has no function cut"),
        ("import nothing_at_all", "ModuleNotFoundError"),
        ("exit()", "SystemExit"),
    ],
)
def test_a_file_without_the_function_is_one_line(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError, match=fault):
        load_function(tmp_path / "mine.py", "cut")
