"""The order of questions, and the sides: at random, by rater, and even."""

from collections import Counter
from itertools import groupby
from pathlib import Path

from tests.cutbench.study.studies import furnished

from cut2next.cutbench.study.design import Question
from cut2next.cutbench.study.order import Side, turns


def test_every_question_comes_once_a_round_and_rounds_follow_each_other(tmp_path: Path) -> None:
    study = furnished(tmp_path).study(repeats=3)
    asked = turns(study, 1)
    assert len(asked) == len({turn.key for turn in asked}) == study.answers
    blocks = [block for block, _ in groupby(asked, key=lambda turn: (turn.round, turn.question))]
    assert blocks == [(number, question) for number in (1, 2, 3) for question in Question]


def test_order_is_the_raters_own_and_always_the_same(tmp_path: Path) -> None:
    study = furnished(tmp_path).study()
    assert turns(study, 1) == turns(study, 1)
    orders = {tuple(turn.item for turn in turns(study, rater)) for rater in range(20)}
    assert len(orders) == 20
    (first, second), *_ = (
        [[turn.item for turn in turns(study, rater) if turn.round == n] for n in (1, 2)]
        for rater in range(1)
    )
    assert first != second


def test_a_picture_lies_on_each_side_as_often(tmp_path: Path) -> None:
    study = furnished(tmp_path).study(repeats=4)
    sides: dict[tuple[Question, int], Counter[Side]] = {}
    for turn in turns(study, 7):
        sides.setdefault((turn.question, turn.item), Counter())[turn.first] += 1
    assert all(count == {Side.LEFT: 2, Side.RIGHT: 2} for count in sides.values())
    starts = Counter(turns(study, rater)[0].first for rater in range(200))
    assert 70 < starts[Side.LEFT] < 130


def test_checks_lie_anywhere_among_the_others(tmp_path: Path) -> None:
    study = furnished(tmp_path).study(items=8, checks=2, repeats=1)
    places = {
        place
        for rater in range(60)
        for place, turn in enumerate(turns(study, rater)[:10])
        if study.items[turn.item].check
    }
    assert places == set(range(10))
