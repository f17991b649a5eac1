from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.cli.arguments import (
    any_number,
    any_whole,
    pathname,
    pattern,
    positive_int,
    seed,
    size,
)
from cut2next.film import EditingPattern
from cut2next.generation.framing import Size
from cut2next.generation.ranges import SEED

film_size = size(least=Size(192, 80), most=Size(1024, 576), example=Size(192, 80))


@given(st.integers(min_value=1, max_value=10**20))
def test_a_positive_number_is_taken(number: int) -> None:
    assert positive_int(str(number)) == number


@given(st.integers(min_value=0, max_value=SEED.most))
def test_a_seed_is_taken(number: int) -> None:
    assert seed(str(number)) == number


@pytest.mark.parametrize(
    ("text", "meant"),
    [("192x80", (192, 80)), (" 1024X576 ", (1024, 576)), ("384×160", (384, 160))],
)
def test_a_size_is_width_by_height(text: str, meant: tuple[int, int]) -> None:
    assert film_size(text) == meant


@pytest.mark.parametrize("text", ["cut-in", "Cut-In", "CUT IN"])
def test_a_pattern_is_taken_by_value_or_label(text: str) -> None:
    assert pattern(text) is EditingPattern.CUT_IN


def test_a_path_that_ends_in_dots_is_told_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    assert pathname(".") == tmp_path / "inside"
    assert pathname("..") == tmp_path
    assert pathname("inside/../x") == Path("inside/../x")
    (tmp_path / "inside").rmdir()
    with pytest.raises(ArgumentTypeError, match="cannot be used"):
        pathname(".")


@pytest.mark.parametrize(("text", "meant"), [("1e-4", 1e-4), ("-.5", -0.5), ("3", 3), ("2.", 2)])
def test_any_number_may_have_an_exponent(text: str, meant: float) -> None:
    assert any_number(text) == meant


NO_NUMBERS = ["", " ", "x", "1.5", "1e3", "1_000", "٣", "0x10", "nan", "9" * 40, "-1"]
NO_SIZES = ["", "192", "192x", "x80", "192x80x3", "-192x80", "0x0", "1.5x80", "176x80", "192x96000"]


@pytest.mark.parametrize(
    ("take", "text"),
    [
        *((positive_int, text) for text in [*NO_NUMBERS, "0"]),
        *((any_whole, text) for text in NO_NUMBERS if text != "-1"),
        *(
            (any_number, text)
            for text in ("", "x", "1_0", "٣", "nan", "inf", "0x10", "1e", "1e4444")
        ),
        *((seed, text) for text in [*NO_NUMBERS, str(SEED.most + 1)]),
        *((film_size, text) for text in NO_SIZES),
        (pattern, "jump-cut"),
        (pattern, ""),
    ],
)
def test_anything_else_is_refused_in_one_line(take: Callable[[str], object], text: str) -> None:
    with pytest.raises(ArgumentTypeError) as refusal:
        take(text)
    said = str(refusal.value)
    assert repr(text) in said
    assert "; expected " in said
    assert "\n" not in said


def test_a_size_says_its_bounds() -> None:
    with pytest.raises(ArgumentTypeError) as refusal:
        film_size("100x100")
    assert "from 192x80 to 1024x576; for example 192x80" in str(refusal.value)
