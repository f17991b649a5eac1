"""Which runs there are and in which order, and that an exam asks the same at any size."""

from pathlib import Path

import pytest

from cut2next.experiments.exam import JUDGED_AT, Exam
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.questions import QUESTIONS, questions_named
from cut2next.experiments.runs import Plan
from cut2next.generation.encoded import texts_of


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(folder=tmp_path)


def test_every_run_comes_after_what_it_goes_on_from(laboratory: Laboratory) -> None:
    plan = Plan(laboratory=laboratory, questions=QUESTIONS)
    done: set[str] = set()
    for run in plan.tunings:
        assert run.base is None or run.base.name in done
        done.add(run.name)
    assert len(done) == len(plan.tunings)


def test_seeds_go_on_from_one_base_and_from_their_own_first_half(laboratory: Laboratory) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("stages"), steps=200, seeds=2)
    runs = {run.name: run for run in plan.tunings}
    assert {name for name, run in runs.items() if run.base is None} == {"base-0"}
    second = runs["rough-then-few-2"]
    assert second.base == runs["rough-half-2"]
    assert (second.steps, runs["rough-half-2"].steps, runs["few-2"].steps) == (100, 100, 200)
    assert {run.variant.name for run in plan.compared} == {"rough-then-few", "rough", "few"}


def test_the_first_seed_of_all_variants_is_done_first(laboratory: Laboratory) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("mask,clock"), seeds=3)
    seeds = [run.seed for run in plan.tunings]
    assert seeds == sorted(seeds)


def test_an_exam_asks_the_same_of_whoever_makes_and_of_whoever_judges(
    laboratory: Laboratory,
) -> None:
    """Pictures are made at one size and judged at another, row by row."""
    exam = Exam(laboratory=laboratory, count=1)
    asked = [
        [[(case.cut.name, texts_of(case.cut.prompt)) for case in cases] for _, cases in of_set]
        for of_set in (exam.asked(0, (384, 160)), exam.asked(0, JUDGED_AT))
    ]
    assert asked[0] == asked[1]
    assert sum(map(len, asked[0])) == 1 + 1 + 1 + 1 + 4
