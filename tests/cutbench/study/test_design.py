"""What a study asks: every two makers meet as often, checks have one right answer."""

from collections import Counter
from pathlib import Path

import pytest
from tests.cutbench.study.studies import furnished

from cut2next.cutbench.entry import open_entry
from cut2next.cutbench.study.design import Question, StudyFacts
from cut2next.film import InputError


def test_each_two_makers_meet_as_often_and_on_other_cases_first(tmp_path: Path) -> None:
    study = furnished(tmp_path, ("good", "bad", "ugly"), cases=9).study(items=12, checks=0)
    meetings = Counter((item.first.maker, item.second.maker) for item in study.items)
    assert set(meetings.values()) == {4}
    assert len({item.case for item in study.items[:9]}) == 9
    seen = Counter((item.case, item.first.maker, item.second.maker) for item in study.items)
    assert set(seen.values()) == {1}
    every = furnished(tmp_path / "all", ("good", "bad", "ugly"), cases=4).study(items=99, checks=0)
    assert len(every.items) == 12


def test_both_pictures_of_a_pair_are_of_its_case_and_it_asks_both_questions(tmp_path: Path) -> None:
    for item in furnished(tmp_path).study(checks=0).items:
        assert {item.case} == {item.first.case, item.second.case}
        assert item.questions == list(Question)
        assert not item.check


def test_a_check_sets_the_truth_beside_what_nobody_who_looks_can_take(tmp_path: Path) -> None:
    desk = furnished(tmp_path)
    films = {case.name: case.truth.film for case in desk.benchmark.cases if case.truth}
    checks = [item for item in desk.study(checks=3).items if item.check]
    assert Counter(item.questions[0] for item in checks) == dict.fromkeys(Question, 3)
    for item in checks:
        assert (item.first.of, item.first.case) == ("next", item.case)
        if item.questions == [Question.CONTINUITY]:
            assert item.second.of == "next"
            assert films[item.second.case] != films[item.case]
        else:
            assert (item.second.of, item.second.case) == ("current", item.case)


def test_a_study_is_the_same_by_its_seed_and_comes_back_from_json(tmp_path: Path) -> None:
    desk = furnished(tmp_path)
    study = desk.study()
    assert desk.study() == study
    assert desk.study(seed=6) != study
    assert StudyFacts.model_validate_json(study.model_dump_json()) == study
    assert study.answers == 2 * (8 * 2 + 2 * 2)


def test_a_case_that_a_maker_failed_is_left_out(tmp_path: Path) -> None:
    desk = furnished(tmp_path)
    lines = (tmp_path / "bad" / "shots.jsonl").read_text().splitlines()
    lines[3] = '{"case": "c3", "fault": "out of memory"}'
    (tmp_path / "bad" / "shots.jsonl").write_text("\n".join(lines))
    desk.entries[1] = open_entry(tmp_path / "bad", desk.benchmark)
    cases = {item.case for item in desk.study(items=99, checks=0).items}
    assert cases == {f"c{number}" for number in range(8) if number != 3}


def test_what_makes_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 entries; expected two or more"):
        furnished(tmp_path / "one", ("good",)).study()
    with pytest.raises(InputError, match="several entries of the maker good"):
        furnished(tmp_path / "twice", ("good", "bad", "good")).study()
    with pytest.raises(InputError, match=r"two films; .*; --checks 0 asks without"):
        furnished(tmp_path / "film", films=1).study()
    desk = furnished(tmp_path / "none", cases=1, films=1)
    assert len(desk.study(checks=0).items) == 1
    (tmp_path / "none" / "bad" / "shots.jsonl").write_text('{"case": "c0", "fault": "none"}')
    desk.entries[1] = open_entry(tmp_path / "none" / "bad", desk.benchmark)
    with pytest.raises(InputError, match="no case of which two of good, bad have a picture"):
        desk.study(checks=0)
