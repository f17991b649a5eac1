"""Which runs there are and in which order, and that an exam asks the same at any size."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from cut2next.experiments import runs
from cut2next.experiments.besides import EXTREMES as EXTREME_CUTS
from cut2next.experiments.exam import CONTROLS, Exam, Sitting
from cut2next.experiments.exercises import ACTION, CROSS_TALK, EXAMS, EXTREMES, STRENGTHS, USUAL
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.plan import Plan
from cut2next.experiments.published import WEIGHTS, Published
from cut2next.experiments.questions import QUESTIONS, questions_named
from cut2next.experiments.questions import USUAL as MEASURES
from cut2next.experiments.runs import (
    begin_from,
    controls,
    curve,
    is_answered,
    measured_elsewhere,
    run_all,
    to_publish,
)
from cut2next.experiments.tuning import Tuning
from cut2next.experiments.variants import VARIANTS
from cut2next.film import InputError, OutputError
from cut2next.film.writing import make_folder
from cut2next.generation.encoded import texts_of
from cut2next.recipes.mini.transformer import TransformerRun
from cut2next.recipes.progress import Progress
from cut2next.training.checkpoint import one_run_in

USUAL_VALUES = {measure: {"0": 0.5} for measure in MEASURES}


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


def test_every_cut_has_a_current_shot_of_its_own_and_long_runs_are_compiled(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TransformerRun, "compilable", True)
    plan = Plan(laboratory=laboratory, questions=questions_named("closed,architecture"), seeds=1)
    recipes = {run.variant.name: run.recipe for run in plan.tunings}
    assert {recipe.each for recipe in recipes.values()} == {1}
    assert {name for name, recipe in recipes.items() if recipe.compiled} == {"paper", "closed"}
    assert {recipes["base"].groups, recipes["unet-base"].groups} == {48}
    short = replace(plan, steps=8).runs("closed")[0].recipe
    assert not short.compiled


def test_what_was_measured_elsewhere_is_not_run_nor_what_it_went_on_from(
    laboratory: Laboratory,
) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("stages"), seeds=1)
    (question,) = plan.questions
    whole = {measure: {"0": 0.5} for measure in question.measures}
    known = Published(values={"rough-then-few-1": whole, "few-1": whole})
    left = replace(plan, published=known).tunings
    assert [run.name for run in left] == ["base-0", "rough-1"]


def test_a_run_that_was_not_asked_all_that_is_asked_now_is_run_again(
    laboratory: Laboratory,
) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("mask,action"), seeds=1)
    known = Published(values={f"{name}-1": USUAL_VALUES for name in ("paper", "full-attention")})
    left = replace(plan, published=known)
    assert [run.name for run in left.tunings] == ["base-0", "paper-1", "with-action-1"]
    mask, action = plan.questions
    assert is_answered(left, mask)
    assert not is_answered(left, action)


def test_what_is_all_known_is_neither_shot_nor_asked(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Laboratory, "prepare", lambda _: pytest.fail("shot"))
    monkeypatch.setattr(Exam, "prepare", lambda _: pytest.fail("asked"))
    plan = Plan(laboratory=laboratory, questions=questions_named("mask"), seeds=1)
    known = Published(values={run.name: USUAL_VALUES for run in plan.compared})
    assert list(run_all(replace(plan, published=known))) == []


def test_runs_left_of_values_from_a_base_that_is_not_here_are_refused(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    path = tmp_path / "values.parquet"
    plan = Plan(laboratory=laboratory, questions=questions_named("mask"), seeds=1)
    published = Published(values={"paper-1": USUAL_VALUES}, bases={"base": "abc"})
    published.write(path, plan.facts)
    with pytest.raises(InputError, match=r"from a base that is not here; .*; give it by --base"):
        measured_elsewhere(plan, path)
    whole = Published(values={r.name: USUAL_VALUES for r in plan.compared}, bases={"base": "abc"})
    whole.write(path, plan.facts)
    assert measured_elsewhere(plan, path) == whole


def test_another_base_than_that_of_the_folder_is_refused(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("mask"), seeds=1)
    plan.base.folder.mkdir(parents=True)
    plan.base.weights.write_bytes(b"one")
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"another")
    with pytest.raises(InputError, match=r"not the base that runs in .* go on from"):
        begin_from(plan, other)


def test_a_question_of_another_architecture_stands_alone(laboratory: Laboratory) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("architecture"), seeds=1)
    assert [base.name for base in plan.bases] == ["unet-base-0"]
    assert plan.base not in plan.tunings
    assert controls(plan)["base"] == {}
    to_publish(plan, laboratory.folder)
    assert not (laboratory.folder / WEIGHTS).exists()


def test_a_curve_begins_with_the_base_and_leaves_out_what_is_not_known(
    laboratory: Laboratory,
) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("stages"), steps=80, seeds=1)
    known = {"base-0": 0.9, "rough-then-few-1": 0.5, "rough-1": 0.6}
    values = {name: {"loss": {"0": loss, "99": 7.0}} for name, loss in known.items()}
    values["rough-1"] |= {"loss after 10 steps": {"0": 0.8}, "loss after 40 steps": {"0": 0.7}}
    told = replace(plan, published=Published(values=values))
    assert curve(told, "rough") == {0: 0.9, 10: 0.8, 40: 0.7, 80: 0.6}
    assert curve(told, "rough-then-few") == {0: 0.9, 80: 0.5}  # from 40 on after the first half
    assert curve(told, "few") == {0: 0.9}


@pytest.mark.parametrize(
    ("name", "asked"), [(USUAL, 2), (CROSS_TALK, 5), (ACTION, 1), (STRENGTHS, 6)]
)
def test_an_exam_asks_the_same_of_whoever_makes_and_of_whoever_judges(
    name: str, asked: int, laboratory: Laboratory
) -> None:
    """Pictures are made at one size and judged at another, row by row."""
    exam = Exam(laboratory=laboratory, count=1, name=name)
    told = [
        [
            (case.cut.name, texts_of(case.cut.prompt))
            for _, cases in exam.asked(0, size)
            for case in cases
        ]
        for size in ((96, 40), (48, 20))
    ]
    assert told[0] == told[1]
    assert len(told[0]) == asked


def test_a_run_sits_the_exams_of_the_questions_that_it_is_compared_in(
    laboratory: Laboratory,
) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("clock,action"))
    sat = {name: [exam.name for exam in plan.sat_by(VARIANTS[name])] for name in plan.asked}
    assert sat == {
        "paper": [USUAL, ACTION],
        "sync-cond": [USUAL],
        "noisy-relation": [USUAL],
        "with-action": [USUAL, ACTION],
    }
    usual, other = plan.exams
    run = plan.compared[0]
    assert usual.pictures_of(run) != other.pictures_of(run)


def test_every_question_has_the_exams_of_its_measures() -> None:
    """An exam tells nothing of a measure that its questions do not ask for."""
    of_cross_talk = {"swapped", "leak of the next prompt", "obedience"}
    for question in QUESTIONS:
        assert set(question.exams) <= EXAMS.keys()
        assert (ACTION in question.exams) == any("action" in name for name in question.measures)
        assert (CROSS_TALK in question.exams) == bool(of_cross_talk & {*question.measures})
        assert (EXTREMES in question.exams) == (EXTREMES in question.measures)
        assert (STRENGTHS in question.exams) == any(
            "at strength" in name for name in question.needed
        )


@pytest.mark.parametrize(
    ("only", "made"),
    [
        ("clock", ["sets", "exam"]),
        ("action", ["sets", "action", "exam", "action-exam"]),
        ("extremes", ["sets", "extremes", "exam", "extremes-exam"]),
    ],
)
def test_what_no_question_needs_is_neither_shot_nor_asked(
    only: str, made: list[str], laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(name: str) -> list[Progress]:
        done.append(name)
        return []

    monkeypatch.setattr(Laboratory, "prepare", lambda _: noted("sets"))
    monkeypatch.setattr(Laboratory, "encode", lambda _, rushes: noted(rushes.folder.parent.name))
    monkeypatch.setitem(vars(EXTREME_CUTS), "prepare", lambda _: noted("extremes"))
    monkeypatch.setattr(Exam, "prepare", lambda exam: noted(exam.file("exam")))
    list(Plan(laboratory=laboratory, questions=questions_named(only)).prepare())
    assert done == made


def test_sets_in_action_are_a_ninth_in_reels_that_are_soon_shot(laboratory: Laboratory) -> None:
    acting = laboratory.sets_in_action
    assert acting.sets == 100 == laboratory.sets // 9
    assert acting.sets_a_reel == 10
    assert acting.folder != laboratory.rushes.folder
    # Sets that the base does not know, as all that others learn from.
    seeds = [seed for reel in acting.reels for seed in acting.seeds(reel)]
    assert seeds == [*range(450, 550)]
    few = replace(laboratory, sets=2, sets_a_reel=1).sets_in_action
    assert (few.sets, few.sets_a_reel) == (1, 1)


def test_a_folder_is_of_one_plan(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    """More seeds and other questions are welcome later; another number of steps is not."""
    monkeypatch.setattr(Laboratory, "prepare", lambda _: iter(()))
    monkeypatch.setattr(Exam, "prepare", lambda _: iter(()))
    plan = Plan(laboratory=laboratory, questions=questions_named("clock"), steps=2, seeds=1)
    list(plan.prepare())
    list(replace(plan, questions=questions_named("mask"), seeds=3).prepare())
    with pytest.raises(InputError, match="begun with other steps"):
        list(replace(plan, steps=3).prepare())


def test_no_reel_is_learnt_from_and_withheld(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a multiple of 100; ask for 200"):
        Laboratory(folder=tmp_path, sets=150)


def test_a_run_that_another_process_has_is_tried_again_when_all_others_are_done(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(laboratory=laboratory, questions=questions_named("clock,dropout"), seeds=1)
    had, *others = (run for run in plan.tunings if run.base)
    done: list[str] = []
    with ExitStack() as elsewhere:
        elsewhere.enter_context(one_run_in(had.folder))

        def does(_: Plan, tuning: Tuning) -> Iterator[Progress]:
            if tuning.name == others[-1].name:
                elsewhere.close()  # the other process is through with it
            if tuning.name not in done:
                done.append(tuning.name)
                yield Progress("done", 1, 1)

        monkeypatch.setattr(Plan, "prepare", lambda _: iter(()))
        monkeypatch.setattr(Tuning, "is_done", True)
        monkeypatch.setattr(runs, "_done", does)
        monkeypatch.setattr(runs, "judge", lambda *_: iter(()))
        list(run_all(plan))
    assert done == ["base-0", *(run.name for run in others), had.name]


def test_a_run_that_another_process_keeps_is_told_when_all_else_is_done(
    laboratory: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(
        laboratory=replace(laboratory, folder=tmp_path), questions=questions_named("clock"), seeds=1
    )
    had = next(run for run in plan.tunings if run.base)
    done: list[str] = []
    monkeypatch.setattr(Plan, "prepare", lambda _: iter(()))

    def does(_: Plan, tuning: Tuning) -> Iterator[Progress]:
        if tuning.name not in done:
            done.append(tuning.name)
            yield Progress("done", 1, 1)

    monkeypatch.setattr(Tuning, "is_done", True)
    monkeypatch.setattr(runs, "_done", does)
    judged: list[str] = []

    def judges(_: Exam, sitting: Sequence[Sitting]) -> Iterator[Progress]:
        judged.extend(each.name for each in sitting)
        return iter(())

    monkeypatch.setattr(runs, "judge", judges)
    (exam,) = plan.exams
    make_folder(exam.folder)
    for run in plan.tunings:
        if run.name != had.name:
            make_folder(run.folder)
            exam.pictures_of(run).touch()
    with one_run_in(had.folder), pytest.raises(OutputError, match="another process"):
        list(run_all(plan))
    others = {run.name for run in plan.tunings} - {had.name}
    assert {*done} == others
    assert {*judged} == others | {*CONTROLS}  # what is there is judged all the same
