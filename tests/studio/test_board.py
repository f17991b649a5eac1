"""Boards: what they hold, what they refuse, and that JSON brings back the same."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.film import EditingPattern, IndividualPrompt, InputError
from cut2next.studio.as_json import from_json, to_json
from cut2next.studio.board import (
    RATES,
    Board,
    Camera,
    Figure,
    Kind,
    Media,
    Panel,
    Picture,
    Scene,
    Way,
    new_id,
)

TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=40
)


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    """Any panel."""
    return Panel(
        id=new_id(),
        frames=draw(st.integers(1, 1_000_000)),
        picture=draw(st.none() | st.just(Picture(sha256="0" * 64, width=64, height=36))),
        continues=draw(st.booleans()),
        dialogue=draw(TEXTS),
        shows=draw(st.none() | st.builds(IndividualPrompt, summary=TEXTS, description=TEXTS)),
        way=Way(
            patterns=tuple(draw(st.sets(st.sampled_from(EditingPattern)))),
            camera=Camera(lens=draw(TEXTS)),
            seed=draw(st.none() | st.integers(0, 2**53 - 1)),
        ),
        media=draw(st.none() | st.builds(Media, url=TEXTS, start=st.fractions(0, 10_000))),
    )


@given(st.lists(panels(), max_size=4), st.sampled_from(RATES), TEXTS)
def test_json_brings_back_the_same(drawn: list[Panel], rate: Fraction, title: str) -> None:
    board = Board(title=title, rate=rate, scenes=(Scene(id="s", panels=tuple(drawn)),))
    assert from_json(Board, to_json(board)) == board
    assert board.frames == sum(panel.frames for panel in drawn)


def _board(*sources: str | None) -> Board:
    panels = (
        Panel(id=f"p{place}", frames=24, way=Way(source=source))
        for place, source in enumerate(sources)
    )
    return Board(scenes=tuple(Scene(id=f"s{panel.id}", panels=(panel,)) for panel in panels))


def test_a_panel_is_cut_from_the_one_before_unless_it_names_one_that_is_there() -> None:
    board = _board(None, None, "p0", "gone", "p4")
    found = [board.source_of(panel.id) for panel in board.panels]
    assert [panel and panel.id for panel in found] == [None, "p0", "p0", "p2", "p3"]


def test_a_figure_is_written_as_in_prompts() -> None:
    assert (
        str(Figure(id="a", kind=Kind.PERSON, name="Ann", look="grey coat")) == "<Ann> (grey coat)"
    )


PANEL = Panel(id="p", frames=1)


@pytest.mark.parametrize("start", ["-1", "1e5000", "1e-99", "-1e5000", "1e10", "nan"])
def test_footage_begins_at_a_time_that_can_be_told(start: str) -> None:
    with pytest.raises(InputError) as error:
        from_json(Media, {"url": "a.mov", "start": start})
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": "../p"}, "a panel"),
        ({"id": ""}, "a panel"),
        ({"frames": 0}, "frames"),
        ({"frames": 1.5}, "frames"),
        ({"number": "1\n2"}, "U+000A"),
        ({"dialogue": "\0"}, "U+0000"),
        ({"notes": "\ud800"}, "U+D800"),
        ({"action": "a" * 20_001}, "20,001 letters"),
        ({"shows": IndividualPrompt(summary="\x1b[2J")}, "U+001B"),
        ({"figures": ("a", "a")}, "two figures"),
        ({"figures": ["a"]}, "figures"),
        ({"figures": (1,)}, "figures"),
    ],
)
def test_a_panel_refuses_what_no_export_could_hold(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as error:
        replace(PANEL, **changes)
    assert named in error.value.got
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("side", [0, -5, 10**30])
def test_a_picture_has_sides_that_it_can_have(side: int) -> None:
    for size in ((side, 10), (10, side)):
        with pytest.raises(InputError, match=r"^(width|height)="):
            Picture(sha256="0" * 64, width=size[0], height=size[1])


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": Fraction(0)},
        {"rate": Fraction(121)},
        {"rate": Fraction(100_000, 4_003)},
        {"width": 1279},
        {"height": 0},
        {"title": "a\nb"},
        {"scenes": (Scene(id="a", panels=(PANEL,)), Scene(id="b", panels=(PANEL,)))},
        {"scenes": (Scene(id="a"), Scene(id="a"))},
    ],
)
def test_a_board_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Board(**changes)


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"rate": "1e5000"},
        {"rate": float("inf")},
        {"scenes": [{"id": "a", "panels": [{"id": "x"}]}]},
        {"rate": "1/0"},
        {"width": "x"},
    ],
)
def test_json_of_something_else_is_refused_in_a_line(told: Any) -> None:
    with pytest.raises(InputError) as error:
        from_json(Board, told)
    assert "\n" not in str(error.value)
