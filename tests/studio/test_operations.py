"""Operations: each is taken back exactly, and is the same after JSON; what does not fit is told."""

import json
from dataclasses import replace
from fractions import Fraction
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.studio.any_board import boards, operations

from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError, RelationalPrompt
from cut2next.studio.board import (
    RATES,
    Board,
    Candidate,
    Figure,
    Kind,
    Numbering,
    Panel,
    Picture,
    Scene,
    Way,
)
from cut2next.studio.checks import PANELS
from cut2next.studio.operations import (
    AddCandidate,
    DropCandidate,
    EditBoard,
    EditPanel,
    EditScene,
    InsertPanel,
    InsertScene,
    Keep,
    MovePanel,
    MoveScene,
    Operation,
    PutFigure,
    RemoveFigure,
    RemovePanel,
    RemoveScene,
    SetRate,
    Several,
    apply,
    at_rate,
    done,
    operation_from_json,
    operation_to_json,
)


@given(st.data())
def test_an_inverse_takes_an_operation_back_exactly(data: st.DataObject) -> None:
    board = data.draw(boards())
    operation = data.draw(operations(board))
    after, back = done(board, operation)
    before, again = done(after, back)
    assert before == board
    assert apply(before, again) == after


@settings(max_examples=40)
@given(st.data())
def test_json_brings_back_the_same_operation(data: st.DataObject) -> None:
    operation = data.draw(operations(data.draw(boards())))
    told = json.loads(json.dumps(operation_to_json(operation)))
    assert operation_from_json(told) == operation


def _panels(*ids: str) -> tuple[Panel, ...]:
    return tuple(Panel(id=id, frames=24) for id in ids)


BOARD = Board(
    scenes=(Scene(id="s", panels=_panels("a", "b", "c")), Scene(id="t", panels=_panels("d"))),
    figures=(Figure(id="f", kind=Kind.PERSON, name="Ann"),),
    candidates=(
        Candidate(
            id="x",
            panel="b",
            picture=Picture(sha256="1" * 64, width=64, height=36),
            maker="mini",
            prompt=HierarchicalPrompt(
                relational=RelationalPrompt(transition="cut"),
                current=IndividualPrompt(summary=""),
                next=IndividualPrompt(summary="a door"),
            ),
            way=Way(seed=7),
        ),
    ),
)


def _order(board: Board) -> str:
    return " ".join("".join(panel.id for panel in scene.panels) for scene in board.scenes)


@pytest.mark.parametrize(
    ("operation", "order"),
    [
        (MovePanel(id="a", scene="s", at=2), "bca d"),
        (MovePanel(id="a", scene="t", at=1), "bc da"),
        (MoveScene(id="t", at=0), "d abc"),
        (RemovePanel(id="b"), "ac d"),
        (RemoveScene(id="s"), "d"),
        (InsertPanel(panel=Panel(id="n", frames=1), scene="t", at=0), "abc nd"),
        (InsertScene(scene=Scene(id="u", panels=_panels("n")), at=1), "abc n d"),
    ],
)
def test_places_count_without_what_moves(operation: Operation, order: str) -> None:
    assert _order(apply(BOARD, operation)) == order


def test_what_is_kept_is_a_candidates_picture_with_its_prompt_and_way_but_for_the_seed() -> None:
    (candidate,) = BOARD.candidates
    assert candidate.way.seed == 7
    for seed in (None, 3):
        panel = replace(BOARD.by_id["b"], way=Way(seed=seed))
        kept = apply(apply(BOARD, EditPanel(panel=panel)), Keep(panel="b", candidate="x"))
        assert kept.by_id["b"] == replace(
            panel,
            picture=candidate.picture,
            shows=IndividualPrompt(summary="a door"),
            way=replace(candidate.way, seed=seed),
        )


@pytest.mark.parametrize(
    "operation",
    [
        InsertPanel(panel=Panel(id="n", frames=1), scene="gone", at=0),
        InsertPanel(panel=Panel(id="n", frames=1), scene="s", at=4),
        InsertPanel(panel=Panel(id="n", frames=1), scene="s", at=-1),
        InsertPanel(panel=Panel(id="d", frames=1), scene="s", at=0),
        RemovePanel(id="gone\n"),
        MovePanel(id="a", scene="s", at=3),
        EditPanel(panel=Panel(id="gone", frames=1)),
        Keep(panel="a", candidate="gone"),
        Keep(panel="gone", candidate="x"),
        InsertScene(scene=Scene(id="s"), at=0),
        InsertScene(scene=Scene(id="u", panels=_panels("a")), at=0),
        RemoveScene(id="gone"),
        MoveScene(id="s", at=2),
        EditScene(id="s", heading="a\nb", number="", notes=""),
        PutFigure(figure=Figure(id="f", kind=Kind.PLACE, name="Hall"), at=1),
        RemoveFigure(id="gone"),
        EditBoard(title="", width=1279, height=720, numbering=Numbering.PLAIN),
        SetRate(rate=Fraction(25), frames={"a": 1}),
        SetRate(rate=Fraction(25), frames=dict.fromkeys("abcde", 1)),
        SetRate(rate=Fraction(1000), frames=dict.fromkeys("abcd", 1)),
        SetRate(rate=Fraction(25), frames=dict.fromkeys("abcd", 0)),
        AddCandidate(candidate=BOARD.candidates[0]),
        DropCandidate(id="gone"),
        Several(operations=(RemovePanel(id="a"), RemovePanel(id="a"))),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(operation: Operation) -> None:
    with pytest.raises(InputError) as error:
        apply(BOARD, operation)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"op": "Explode"},
        {"op": "RemovePanel"},
        {"op": "RemovePanel", "id": 1},
        {"op": "EditPanel", "panel": {"id": "a", "frames": 0}},
        {"op": "Several", "operations": [{"op": "Several", "operations": []}]},
        {"op": "Several", "operations": [{"op": "DropCandidate", "id": "x"}]},
    ],
)
def test_json_of_no_operation_is_refused_in_a_line(told: object) -> None:
    with pytest.raises(InputError) as error:
        operation_from_json(told)
    assert "\n" not in str(error.value)


@settings(max_examples=40)
@given(boards(), st.sampled_from(RATES))
def test_another_rate_drifts_by_no_more_than_half_a_frame(board: Board, rate: Fraction) -> None:
    at = apply(board, at_rate(board, rate))
    exact, behind = Fraction(0), 0
    for old, new in zip(board.panels, at.panels, strict=True):
        exact, behind = exact + old.frames / board.rate, behind + new.frames
        if new.frames > 1:  # else it made up for some that had to last a frame
            assert abs(exact - behind / rate) <= Fraction(1, 2) / rate
    assert at_rate(board, board.rate) == done(board, at_rate(board, rate))[1]


def test_as_many_panels_as_a_board_may_have_are_shuffled_in_no_time() -> None:
    many = Board(scenes=(Scene(id="s", panels=_panels(*(f"p{n}" for n in range(PANELS)))),))
    order = Random(7).sample(list(many.by_id), PANELS)
    moves = Several(operations=tuple(MovePanel(id=id, scene="s", at=0) for id in order))
    begun = process_time()
    after, back = done(many, moves)
    assert process_time() - begun < 5  # .3, and 168 where each looked at all others
    assert list(after.by_id) == order[::-1]
    assert apply(after, back) == many


def test_a_faster_rate_and_back_is_the_same() -> None:
    there = apply(BOARD, at_rate(BOARD, Fraction(30_000, 1001)))
    assert apply(there, at_rate(there, BOARD.rate)) == BOARD
