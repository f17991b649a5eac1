"""Numbers of panels: four schemes, one's own kept, none twice."""

from collections import Counter

import pytest
from hypothesis import given, settings
from tests.studio.any_board import boards

from cut2next.studio.board import Board, Numbering, Panel, Scene
from cut2next.studio.numbering import letters, numbers


def _board(numbering: Numbering, *scenes: str) -> Board:
    """Panels by words: `+` continues; a word has its own number."""
    made = []
    for place, words in enumerate(scenes):
        panels = (
            Panel(
                id=f"p{place}-{at}",
                frames=1,
                continues=word.startswith("+"),
                number=word.lstrip("+."),
            )
            for at, word in enumerate(words.split())
        )
        made.append(Scene(id=f"s{place}", panels=tuple(panels)))
    return Board(numbering=numbering, scenes=tuple(made))


@pytest.mark.parametrize(
    ("numbering", "scenes", "told"),
    [
        (Numbering.PLAIN, (". + .", "."), "1 2 3 4"),
        (Numbering.PLAIN, (". . 2A .",), "1 2 2A 3"),
        (Numbering.PLAIN, (". . 1 .",), "2 3 1 4"),
        (Numbering.TENS, (". . 25 .", "."), "10 20 25 30 40"),
        (Numbering.LETTERS, (". + + . +", "+ +"), "1 1A 1B 2 2A 3 3A"),
        (Numbering.LETTERS, (". + +1A + 9 +",), "1 1B 1A 1C 9 9A"),
        (Numbering.SCENES, (". + .", ". ."), "1-1 1-2 1-3 2-1 2-2"),
        (Numbering.SCENES, ("", ". 7"), "2-1 7"),
    ],
)
def test_schemes(numbering: Numbering, scenes: tuple[str, ...], told: str) -> None:
    assert list(numbers(_board(numbering, *scenes)).values()) == told.split()


def test_a_scene_may_have_a_number_of_its_own() -> None:
    board = Board(
        numbering=Numbering.SCENES,
        scenes=(Scene(id="s", number="12B", panels=(Panel(id="p", frames=1),)),),
    )
    assert numbers(board) == {"p": "12B-1"}


@settings(max_examples=40)
@given(boards())
def test_every_panel_has_a_number_and_none_that_was_made_is_there_twice(board: Board) -> None:
    told = numbers(board)
    assert list(told) == list(board.by_id)
    often = Counter(told.values())
    for panel in board.panels:
        assert told[panel.id] == panel.number if panel.number else often[told[panel.id]] == 1


def test_letters_go_on_after_z() -> None:
    assert [letters(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]
