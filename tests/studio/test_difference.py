"""What came back: all of it taken is as it came, none of it is as it was, any of it fits."""

from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.studio.any_board import boards, singles

from cut2next.film import InputError
from cut2next.studio.board import Board, Media, Panel, Picture, Scene, new_id
from cut2next.studio.difference import Difference, difference
from cut2next.studio.matching import standing
from cut2next.studio.operations import apply, at_rate


@st.composite
def came_back(draw: st.DrawFn, board: Board) -> Board:
    """A board after an edit, which forgot some names."""
    for _ in range(draw(st.integers(0, 4))):
        board = apply(board, draw(singles(board)))
    forgotten = draw(st.booleans())
    scenes = (
        replace(
            scene,
            panels=tuple(
                replace(panel, id=new_id()) if forgotten and draw(st.booleans()) else panel
                for panel in scene.panels
            ),
        )
        for scene in board.scenes
    )
    return replace(board, scenes=tuple(scenes))


def _all(found: Difference) -> Board:
    return apply(found.board, found.operation([change.id for change in found.changes]))


@settings(max_examples=60)
@given(st.data())
def test_all_of_it_is_as_it_came_and_none_as_it_was(data: st.DataObject) -> None:
    board = data.draw(boards())
    found = difference(board, data.draw(came_back(board)))
    assert apply(board, found.operation([])) == board
    after = _all(found)
    for ours, came in zip(after.panels, found.came.panels, strict=True):
        assert ours.frames == came.frames
        for name in ("dialogue", "action", "notes", "number", "picture"):
            assert getattr(came, name) in (getattr(ours, name), "", None)
    assert difference(after, found.came).changes == ()
    some = [change.id for change in found.changes if data.draw(st.booleans())]
    apply(board, found.operation(some))


def _board(*scenes: str, frames: int = 24) -> Board:
    return Board(
        scenes=tuple(
            Scene(
                id=f"s{place}",
                heading=f"SCENE {place}",
                panels=tuple(Panel(id=id, frames=frames) for id in ids),
            )
            for place, ids in enumerate(scenes)
        )
    )


def _order(board: Board) -> str:
    return " ".join("".join(panel.id for panel in scene.panels) for scene in board.scenes)


def _told(board: Board, came: Board) -> list[str]:
    return [change.words for change in difference(board, came).changes]


def test_changes_are_told_in_words() -> None:
    board = _board("abcd")
    edited = replace(board.by_id["b"], frames=12, dialogue="No.")
    came = replace(
        board,
        scenes=(
            replace(
                board.scenes[0],
                panels=(*(Panel(id=id, frames=24) for id in "xca"), edited),
            ),
        ),
    )
    assert _told(board, came) == [
        "1 is new, 24 frames",
        "3 now comes after 1",
        "2 lasts 12 frames, not 24",
        "2 has another dialogue",
        "4 is gone",
    ]


@pytest.mark.parametrize(
    ("ours", "came", "order"),
    [
        (("abc", "de"), ("acbde",), "acb de"),
        (("abc", "de"), ("ab", "dce"), "abdc e"),
        (("abc", "de"), ("ab", "xdec"), "ab xdec"),
        (("abc", "de"), ("ab", "cde"), "abc de"),
        (("ab", "cd"), ("ab", "xcd"), "ab xcd"),
        (("ab", "cd"), ("abx", "cd"), "abx cd"),
        (("ab", "cd"), ("yab", "cd"), "yab cd"),
        (("ab", "", "cd"), ("ab", "x", "cd"), "ab x cd"),
        ((), ("ab", "cd"), "ab cd"),
        (("",), ("ab",), "ab"),
    ],
)
def test_scenes_stay_where_what_came_has_them(
    ours: tuple[str, ...], came: tuple[str, ...], order: str
) -> None:
    assert _order(_all(difference(_board(*ours), _board(*came)))) == order


def test_a_new_scene_comes_as_a_scene() -> None:
    board, more = _board("ab", "cd"), _board("xy").scenes[0]
    new = replace(more, id="new", heading="INT. CAR")
    came = replace(board, scenes=(board.scenes[0], new, board.scenes[1]))
    assert _all(difference(board, came)).scenes == came.scenes


def test_each_change_may_be_left() -> None:
    board, came = _board("abcd"), _board("xcab")
    found = difference(board, came)
    taken = {"moved-c": "cabd", "new-x": "xabcd", "gone-d": "abc"}
    assert {change.id for change in found.changes} == taken.keys()
    for id, order in taken.items():
        assert _order(apply(board, found.operation([id]))) == order
    with pytest.raises(InputError, match="moved-gone"):
        found.operation(["moved-gone"])


def test_footage_tells_which_panel_it_was() -> None:
    def shown(id: str, start: int, frames: int) -> Panel:
        return Panel(id=id, frames=frames, media=Media(url="a.mov", start=Fraction(start)))

    board = Board(scenes=(Scene(id="s", panels=(shown("a", 0, 240), shown("b", 20, 240))),))
    came = Board(scenes=(Scene(id="t", panels=(shown("x", 21, 120), shown("y", 40, 24))),))
    found = difference(board, came)
    assert [change.id for change in found.changes] == ["retimed-b", "new-y", "gone-a"]
    assert _order(_all(found)) == "by"


def test_what_a_format_does_not_hold_is_kept() -> None:
    picture = Picture(sha256="1" * 64, width=64, height=36)
    panel = Panel(id="a", frames=24, dialogue="Yes.", picture=picture)
    board = Board(scenes=(Scene(id="s", panels=(panel,)),))
    assert difference(board, _board("a")).changes == ()


def test_another_rate_is_no_change_of_length() -> None:
    board = _board("abcd")
    assert difference(board, apply(board, at_rate(board, Fraction(30)))).changes == ()


def test_an_empty_board_takes_after_what_comes() -> None:
    came = replace(_board("abc"), rate=Fraction(25), width=1920, height=1080, title="Film")
    assert _all(difference(Board(), came)) == came


@pytest.mark.parametrize("places", list(permutations(range(4))))
def test_as_few_as_can_be_are_moved(places: tuple[int, ...]) -> None:
    stand = standing(places)
    longest = max(
        bin(chosen).count("1")
        for chosen in range(16)
        if _rises([place for at, place in enumerate(places) if chosen >> at & 1])
    )
    assert _rises([place for place in places if place in stand])
    assert len(stand) == longest


def _rises(places: list[int]) -> bool:
    return places == sorted(places)
