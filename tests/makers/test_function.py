from pathlib import Path

import pytest
from PIL import Image
from tests.makers.briefs import brief

from cut2next.film import InputError
from cut2next.makers import Asked, Brief, Made, MakerError
from cut2next.makers.function import FunctionMaker, load_function


def test_a_function_makes_next_shots() -> None:
    maker = FunctionMaker(lambda brief: Image.new("RGB", brief.size, "blue"))
    (made,) = maker.make([brief(3)])
    assert made.picture.getpixel((0, 0)) == (0, 0, 255)
    assert made.asked.seed == 3
    assert made.asked.words == (
        "A wall. The transition is a cut-in. [IMAGE1] A red wall. Angle: high. "
        "[IMAGE2] A blue wall."
    )


def test_a_function_may_tell_what_it_really_asked() -> None:
    asked = Asked(words="blue wall", size=(64, 64), steps=4)

    def make(brief: Brief) -> Made:
        return Made(picture=brief.current, asked=asked)

    (made,) = FunctionMaker(make).make([brief()])
    assert made.asked is asked


@pytest.mark.parametrize(
    ("body", "fault"),
    [("1 / 0", "ZeroDivisionError"), ("return None", "a NoneType"), ("return 'x'", "a str")],
)
def test_what_goes_wrong_in_a_function_is_one_line(body: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"def cut(brief):\n    {body}\n")
    maker = FunctionMaker(load_function(tmp_path / "mine.py", "cut"))
    with pytest.raises(MakerError, match=f"case-0: {fault}"):
        list(maker.make([brief()]))


@pytest.mark.parametrize(
    ("text", "fault"),
    [("x = 1", "has no function cut"), ("import nothing_at_all", "ModuleNotFoundError")],
)
def test_a_file_without_the_function_is_one_line(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError, match=fault):
        load_function(tmp_path / "mine.py", "cut")
