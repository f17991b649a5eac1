"""Votes counted: by hand where that can be done, and by one rule for who did not look."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cutbench.study.studies import furnished

from cut2next.cutbench.study.design import Item, Question
from cut2next.cutbench.study.order import Side, turns
from cut2next.cutbench.study.results import RaterSeen, results_of
from cut2next.cutbench.study.told import table, to_json
from cut2next.cutbench.study.votes import Vote, Votes, open_votes

Choice = Callable[[Question, Item, int], bool]
"""Whether a rater takes an item's first picture, when asked for the nth time."""


@pytest.fixture
def votes(tmp_path: Path) -> Iterator[Votes]:
    """Of two makers on eight cases, twice, two checks a question."""
    opened = open_votes(tmp_path / "votes.sqlite", furnished(tmp_path).study())
    yield opened
    opened.close()


def answer(votes: Votes, name: str, choice: Choice, most: int | None = None) -> None:
    """A rater who answers, all or the first so many."""
    rater = votes.join(name)
    for turn in turns(votes.study, rater.number)[:most]:
        first = choice(turn.question, votes.study.items[turn.item], turn.round)
        votes.give(
            Vote(
                rater=rater.number,
                question=turn.question,
                round=turn.round,
                item=turn.item,
                chose_first=first,
                side=turn.first if first else next(side for side in Side if side != turn.first),
            )
        )


def even(item: Item) -> bool:
    """Half of the cases."""
    return int(item.case.removeprefix("c")) % 2 == 0


def always_first(question: Question, item: Item, time: int) -> bool:
    return True


def first_on_even_cases(question: Question, item: Item, time: int) -> bool:
    return item.check or question is Question.CONTINUITY or even(item)


def never_looking(question: Question, item: Item, time: int) -> bool:
    return False


def test_preference_agreement_and_alpha_are_those_of_the_sums(votes: Votes) -> None:
    answer(votes, "Anna", always_first)
    answer(votes, "Ben", first_on_even_cases)
    results = results_of(votes, 0.8)
    continuity, adherence = (results.questions[question] for question in Question)
    assert (continuity.votes, continuity.cases, continuity.raters) == (32, 8, 2)
    (all_first,), (part_first,) = continuity.preferences, adherence.preferences
    assert (all_first.first, all_first.second, all_first.votes) == ("good", "bad", 32)
    assert (all_first.over_cases.mean, all_first.over_cases.low) == (1, 1)
    assert all_first.p == pytest.approx(2 / 2**8)  # of all ways to flip eight cases, two as far
    assert part_first.over_cases.mean == 0.75
    assert (part_first.over_raters.mean, part_first.over_raters.count) == (0.75, 2)
    assert (part_first.over_raters.low, part_first.over_raters.high) == (0.5, 1)
    assert part_first.over_cases.low < 0.75 < part_first.over_cases.high
    assert continuity.agreeing
    assert continuity.agreeing.mean == 1
    assert continuity.alpha is None  # nobody could tell agreement from habit
    assert adherence.agreeing
    assert adherence.agreeing.mean == 0.5
    # 12 times "first", 4 times "second": they differ in 8 of 16, by chance in 2*12*4 of 16*15.
    assert adherence.alpha
    assert adherence.alpha.alpha == pytest.approx(1 - (8 / 16) / (96 / 240))
    assert adherence.alpha.units == 8
    assert adherence.strengths == {}


def test_each_pattern_has_its_own_preference(votes: Votes) -> None:
    answer(votes, "Ben", first_on_even_cases)
    (found,) = results_of(votes, 0.8).questions[Question.ADHERENCE].preferences
    means = {pattern: (mean.mean, mean.count) for pattern, mean in found.patterns.items()}
    # Patterns go round by fives over cases 0 to 7, of which the even ones have "first".
    assert means == {
        "shot-reverse-shot": (0.5, 2),
        "cut-in": (0.5, 2),
        "cut-out": (0.5, 2),
        "cutaway": (0, 1),
        "multi-angle": (1, 1),
    }


def test_who_fails_the_checks_is_named_and_left_out(votes: Votes) -> None:
    answer(votes, "Anna", always_first)
    answer(votes, "Carl", never_looking)
    answer(votes, "Dora", always_first, most=0)
    answer(votes, "Emil", lambda question, item, time: not (item.check and time == 2))
    results = results_of(votes, 0.8)
    left_out = {rater.name: rater.left_out for rater in results.raters}
    assert left_out == {
        "Anna": "",
        "Carl": "0 of 8 attention checks right",
        "Dora": "no answer yet",
        "Emil": "4 of 8 attention checks right",
    }
    assert results.questions[Question.CONTINUITY].raters == 1
    assert results.questions[Question.CONTINUITY].preferences[0].over_cases.mean == 1
    assert not results_of(votes, 0.5).raters[3].left_out


def test_who_came_to_no_check_yet_is_not_counted(votes: Votes) -> None:
    study = votes.study
    rater = votes.join("Anna")
    before = next(at for at, turn in enumerate(turns(study, 1)) if study.items[turn.item].check)
    assert before > 0  # by this seed
    turn = turns(study, 1)[0]
    answered = {"question": turn.question, "round": turn.round, "item": turn.item}
    votes.give(Vote(rater=rater.number, **answered, chose_first=True, side=Side.LEFT))  # type: ignore[arg-type]
    results = results_of(votes, 0.8)
    assert results.raters[0].left_out == "no attention check yet"
    assert results.questions[Question.CONTINUITY].preferences == []


def test_without_checks_everyone_who_answers_is_counted(tmp_path: Path) -> None:
    votes = open_votes(tmp_path / "votes.sqlite", furnished(tmp_path).study(checks=0))
    answer(votes, "Carl", never_looking)
    results = results_of(votes, 0.8)
    assert results.raters[0].left_out == ""
    assert results.questions[Question.ADHERENCE].preferences[0].over_cases.mean == 0
    votes.close()


def test_habits_of_a_rater_are_told(votes: Votes) -> None:
    answer(votes, "Anna", always_first)
    answer(votes, "Ben", lambda question, item, time: item.check or time == 1)
    anna, ben = results_of(votes, 0.8).raters
    assert (anna.left, anna.again) == (0.5, 1)  # each picture lay once on each side
    assert ben.again == 0


def test_three_makers_have_strengths_once_all_of_them_met(tmp_path: Path) -> None:
    makers = ("good", "bad", "ugly")
    study = furnished(tmp_path, makers, cases=12).study(items=36, repeats=1)
    votes = open_votes(tmp_path / "votes.sqlite", study)
    order = {maker: place for place, maker in enumerate(makers)}

    def by_place(question: Question, item: Item, time: int) -> bool:
        return item.check or order[item.first.maker] < order[item.second.maker] or even(item)

    answer(votes, "Anna", by_place)
    found = results_of(votes, 0.8).questions[Question.CONTINUITY]
    assert list(found.strengths) == list(makers)
    assert found.strengths["good"].votes == 24
    assert sum(strength.strength for strength in found.strengths.values()) == pytest.approx(0)
    assert len(found.preferences) == 3
    assert all(one.p_of_all >= one.p for one in found.preferences)
    votes.close()


def test_results_are_lines_for_people_and_json_without_links(votes: Votes) -> None:
    answer(votes, "Anna", always_first)
    answer(votes, "Ben", first_on_even_cases)
    answer(votes, "Carl", never_looking)
    results = results_of(votes, 0.8)
    text = json.dumps(to_json(results))
    assert (
        json.loads(text)["questions"]["adherence"]["preferences"][0]["over_cases"]["mean"] == 0.75
    )
    assert not any(rater.token in text for rater in votes.raters())
    lines = table(results)
    assert "2 of 3 raters counted: those with 80% of their attention checks right" in lines
    assert "left out: 0 of 8 attention checks right" in lines
    assert "continuity: 32 votes of 2 raters on 8 cases" in lines
    assert "good over bad             75.0 % [" in lines
    assert "Krippendorff alpha        -0.25 [" in lines


def test_a_study_that_nobody_answered_has_results_without_figures(votes: Votes) -> None:
    votes.join("Anna")
    results = results_of(votes, 0.8)
    assert results.raters == [
        RaterSeen(
            name="Anna", votes=0, checks=0, right=0, left=None, again=None, left_out="no answer yet"
        )
    ]
    assert "adherence: 0 votes" in table(results)
