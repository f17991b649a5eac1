"""What a maker is asked for a panel: figures in the same words everywhere, the camera, the seed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from cut2next.film import EditingPattern, IndividualPrompt, InputError, RelationalPrompt
from cut2next.studio.asking import asked, size_of
from cut2next.studio.board import (
    Board,
    Camera,
    Figure,
    Kind,
    Panel,
    Picture,
    Scene,
    Way,
)

PICTURE = Picture(sha256="0" * 64, width=1920, height=1080)
ANNA = Figure(id="anna", kind=Kind.PERSON, name="Anna", look="red bob, green sweater")
ROOM = Figure(id="room", kind=Kind.PLACE, name="the kitchen", look="yellow tiles")
CUT_IN = (EditingPattern.CUT_IN,)


def board(to: Panel, figures: Sequence[Figure] = (ANNA, ROOM)) -> Board:
    first = Panel(
        id="p1",
        frames=24,
        picture=PICTURE,
        shows=IndividualPrompt(summary="<Anna> at the window"),
        figures=to.figures,
    )
    return Board(scenes=(Scene(id="s", panels=(first, to)),), figures=tuple(figures))


def panel(**more: object) -> Panel:
    shows = IndividualPrompt(summary="Close up of <Anna>")
    return replace(Panel(id="p2", frames=24, shows=shows, way=Way(patterns=CUT_IN)), **more)  # type: ignore[arg-type]


def test_nobody_is_added_unless_chosen() -> None:
    prompt = asked(board(panel()), "p2", "mini").prompt
    assert "red bob" not in prompt.text
    assert "kitchen" not in prompt.text


def test_who_is_chosen_has_the_same_words_in_all_three_prompts() -> None:
    prompt = asked(board(panel(figures=("anna", "room", "gone"))), "p2", "mini").prompt
    for each in (prompt.relational, prompt.current, prompt.next):
        assert each.text.count("<Anna> (red bob, green sweater)") == 1
        assert "the kitchen, yellow tiles" in each.text


def test_what_was_kept_is_asked_for_again_in_the_same_words() -> None:
    first = asked(board(panel(figures=("anna", "room"))), "p2", "mini").prompt
    again = asked(board(panel(figures=("anna", "room"), shows=first.next)), "p2", "mini").prompt
    assert again.next == first.next


def test_someone_whom_no_prompt_names_is_named() -> None:
    shows = IndividualPrompt(summary="A hand on a door")
    prompt = asked(board(panel(shows=shows, figures=("anna",))), "p2", "mini").prompt
    assert prompt.next.summary == "A hand on a door"
    assert "<Anna> (red bob, green sweater)" in prompt.next.description
    nothing = asked(board(panel(shows=None, figures=("anna",))), "p2", "mini").prompt
    assert nothing.next.summary == "<Anna> (red bob, green sweater)"


def test_camera_words_are_attributes_of_the_next_prompt() -> None:
    camera = Camera(azimuth="profile", distance="close up", lens="long")
    prompt = asked(board(panel(way=Way(patterns=CUT_IN, camera=camera))), "p2", "mini").prompt
    told = {"Camera Angle": "profile", "Shot Size": "close up", "Lens": "long"}
    assert prompt.next.attributes == told
    assert not prompt.current.attributes


def test_what_was_written_of_the_cut_stays_for_its_own_way() -> None:
    relation = RelationalPrompt(scene="Two of them", transition="a slow cut-in")
    way = Way(patterns=CUT_IN, relation=relation)
    assert asked(board(panel(way=way)), "p2", "mini").prompt.relational == relation
    other = asked(board(panel(way=way)), "p2", "mini", [EditingPattern.CUTAWAY])
    assert other.prompt.relational.scene == "Two of them"
    assert "cutaway" in other.prompt.relational.transition
    assert other.way.patterns == (EditingPattern.CUTAWAY,)


def test_a_seed_is_locked_or_drawn() -> None:
    locked = asked(board(panel(way=Way(patterns=CUT_IN, seed=7))), "p2", "mini")
    assert locked.way.seed == 7
    drawn = {asked(board(panel()), "p2", "mini").way.seed for _ in range(5)}
    assert len(drawn) == 5
    assert None not in drawn


def test_the_source_is_the_panel_before_or_the_one_that_is_named() -> None:
    assert asked(board(panel()), "p2", "mini").way.source == "p1"
    with pytest.raises(InputError, match="no picture to cut from"):
        asked(board(panel()), "p1", "mini", CUT_IN)
    with pytest.raises(InputError, match="how the cut goes"):
        asked(board(panel(way=Way())), "p2", "mini")
    with pytest.raises(InputError, match="'p3'"):
        asked(board(panel()), "p3", "mini")


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ((1920, 1080), (1280, 720)),
        ((64, 48), (64, 48)),
        ((100, 100), (96, 96)),
        ((16, 4000), (16, 4000)),
    ],
)
def test_a_next_shot_has_the_shape_of_the_current_one(
    size: tuple[int, int], made: tuple[int, int]
) -> None:
    picture = Picture(sha256="0" * 64, width=size[0], height=size[1])
    assert size_of(picture, Board()) == made


def test_no_maker_is_asked_for_a_side_that_no_board_has() -> None:
    long = replace(PICTURE, width=16, height=6_000_000)
    width, height = size_of(long, board(panel()))
    assert (width, height) == (16, 8192)


def led(board: Board, panel: str) -> list[str]:
    """The first digit of the pictures that came before what a panel is cut from."""
    return [each.picture.sha256[0] for each in asked(board, panel, "mini").earlier]


def row(*words: str, first: int = 0) -> tuple[Panel, ...]:
    """Panels one after the other, each with a picture."""
    return tuple(
        panel(
            id=f"p{at}",
            picture=replace(PICTURE, sha256=f"{at:x}" * 64),
            shows=IndividualPrompt(summary=said),
        )
        for at, said in enumerate(words, start=first)
    )


def test_what_came_before_is_what_a_chain_reads_of_the_scene() -> None:
    panels = row("two", "<Anna>", "<Ben>", "<Anna> again", "a mug", "close up of <Anna>")
    one = Board(scenes=(Scene(id="s", panels=panels),))
    assert led(one, "p1") == []
    assert led(one, "p2") == ["0"]
    assert led(one, "p5") == ["0", "3"]  # the first, and Anna's latest
    said = [each.prompt.summary for each in asked(one, "p5", "mini").earlier]
    assert said == ["two", "<Anna> again"]


def test_what_came_before_follows_the_cuts_and_ends_with_the_scene() -> None:
    before, panels = row("a street", "a car"), row("two", "<Anna>", "<Ben>", "a mug", first=2)
    branch = replace(panels[3], way=replace(panels[3].way, source="p3"))
    apart = Board(
        scenes=(Scene(id="s", panels=before), Scene(id="t", panels=(*panels[:3], branch)))
    )
    assert led(apart, "p2") == []  # cut from the car, but of a new scene
    assert led(apart, "p3") == []
    assert led(apart, "p4") == ["2"]
    assert led(apart, "p5") == ["2"]  # cut from Anna, whom two led to; Ben is on another branch
    empty = replace(panels[0], picture=None)
    assert led(Board(scenes=(Scene(id="t", panels=(empty, *panels[1:])),)), "p4") == []


def test_panels_that_are_cut_from_each_other_end() -> None:
    first, second, third = row("two", "<Anna>", "<Ben>")
    first = replace(first, way=replace(first.way, source="p1"))
    around = Board(scenes=(Scene(id="s", panels=(first, second, third)),))
    assert led(around, "p2") == ["0"]
    assert led(around, "p0") == []  # for it was asked for itself


def test_figures_have_their_words_in_what_came_before() -> None:
    panels = [replace(each, figures=("anna",)) for each in row("<Anna>", "a mug", "<Anna>")]
    one = Board(scenes=(Scene(id="s", panels=tuple(panels)),), figures=(ANNA,))
    (first,) = asked(one, "p2", "mini").earlier
    assert "<Anna> (red bob, green sweater)" in first.prompt.text
