"""Verdicts in words, of runs whose figures are known."""

import re
from dataclasses import replace

import numpy as np
import pytest

from cut2next.experiments.answers import Answer, answer, sentences
from cut2next.experiments.questions import QUESTIONS, Question, questions_named
from cut2next.experiments.variants import VARIANTS
from cut2next.film import InputError

QUESTION = Question(
    name="clock",
    asks="Does it help?",
    said="yes & no",
    reference="paper",
    others=("sync-cond", "closed"),
    measures=("loss", "camera"),
)


def runs(loss: float, camera: float) -> list[dict[str, dict[str, float]]]:
    """Three seeds of a hundred sets about these means; a seed's noise is the same in all."""
    found = []
    for seed in (1, 2, 3):
        noise = np.random.default_rng(seed).normal(0, 0.01, 100)
        right = np.random.default_rng(seed).random(100) < camera
        found.append(
            {
                "loss": {str(n): float(loss + e) for n, e in enumerate(noise)},
                "camera": {str(n): float(r) for n, r in enumerate(right)},
            }
        )
    return found


@pytest.fixture(scope="module")
def told() -> Answer:
    return answer(
        QUESTION,
        {"paper": runs(0.5, 0.9), "sync-cond": runs(0.6, 0.5), "closed": runs(0.5, 0.9)},
    )


def test_more_loss_and_fewer_right_cameras_are_worse(told: Answer) -> None:
    assert [each.verdict for each in told.others["sync-cond"]] == ["worse", "worse"]
    loss, camera = told.others["sync-cond"]
    assert loss.apart.mean == pytest.approx(0.1)
    assert camera.apart.mean == pytest.approx(-0.4, abs=0.08)


def test_less_loss_is_better() -> None:
    turned = answer(
        QUESTION, dict.fromkeys(("paper", "closed"), runs(0.6, 0.5)) | {"sync-cond": runs(0.5, 0.9)}
    )
    assert [each.verdict for each in turned.others["sync-cond"]] == ["better", "better"]


def test_equal_variants_are_told_as_not_told_apart_and_how_far_they_may_be(told: Answer) -> None:
    assert {each.verdict for each in told.others["closed"]} == {"no difference shown"}
    assert sentences(told) == [
        "*sync-cond* against *paper*: worse in loss, camera.",
        "*closed* against *paper*: no difference shown, and more than this in either direction "
        "excluded: 0.0000 in loss, 5.1 points in camera.",
    ]


def test_what_is_excluded_is_rounded_up() -> None:
    """A difference that is told to be excluded is outside the interval."""
    shifts = {str(n): 0.5 + 0.001 * (n % 2) for n in range(100)}
    alike = [{"loss": shifts, "camera": dict.fromkeys(shifts, 1.0)}] * 3
    other = [{"loss": dict.fromkeys(shifts, 0.5), "camera": dict.fromkeys(shifts, 1.0)}] * 3
    turned = answer(
        replace(QUESTION, others=("closed",), measures=("camera", "loss")),
        {"paper": other, "closed": alike},
    )
    (sentence,) = sentences(turned)
    camera = turned.others["closed"][0].apart
    assert camera.excluded is not None
    (said,) = re.findall(r"([0-9.]+) points in camera", sentence)
    assert camera.excluded <= float(said) / 100 < camera.excluded + 0.001


def test_nothing_is_claimed_or_excluded_of_one_seed() -> None:
    one_seed = answer(
        QUESTION,
        {
            "paper": runs(0.5, 0.9)[:1],
            "sync-cond": runs(0.6, 0.5)[:1],
            "closed": runs(0.5, 0.9)[:1],
        },
    )
    assert {each.verdict for each in one_seed.others["sync-cond"]} == {"no difference shown"}
    assert sentences(one_seed)[0] == (
        "*sync-cond* against *paper*: no difference shown, nor any excluded, of one seed or one "
        "set: loss, camera."
    )


def test_what_is_compared_beside_much_else_has_to_be_the_surer() -> None:
    """Holm: of one comparison it is shown; of two, the other plain chance, no longer."""
    chance = np.random.default_rng(0)
    noise = chance.normal(0, 1, (3, 200))
    noise -= noise.mean()

    def of(shift: float) -> list[dict[str, dict[str, float]]]:
        return [{"loss": {str(n): float(shift + e) for n, e in enumerate(seed)}} for seed in noise]

    plain = [{"loss": {str(n): 0.0 for n in range(200)}}] * 3
    question = replace(QUESTION, measures=("loss",))
    found = {"paper": plain, "sync-cond": of(0.001), "closed": of(0.3)}
    (alone,) = answer(replace(question, others=("closed",)), found).others["closed"]
    (beside,) = answer(question, found).others["closed"]
    assert (beside.apart.low, beside.apart.p) == (alone.apart.low, alone.apart.p)
    assert beside.apart.excluded is not None
    assert alone.apart.excluded is not None
    assert beside.apart.excluded > alone.apart.excluded  # told of both together
    assert (alone.p, beside.p) == pytest.approx((alone.apart.p, 2 * alone.apart.p))


def test_a_measure_that_a_run_was_not_judged_by_is_told(told: Answer) -> None:
    without = [{"loss": run["loss"]} for run in runs(0.5, 0.9)]
    with pytest.raises(InputError, match="camera: no film set that all runs have"):
        answer(
            QUESTION, dict.fromkeys(("paper", "sync-cond"), runs(0.5, 0.9)) | {"closed": without}
        )


def test_every_question_is_answered_by_variants_that_there_are() -> None:
    for question in QUESTIONS:
        assert {*question.variants} <= {*VARIANTS}
    asked = {name for question in QUESTIONS for name in question.variants}
    assert asked | {VARIANTS[name].after for name in asked} - {""} == {*VARIANTS}


def test_questions_are_chosen_by_name() -> None:
    assert questions_named("") == QUESTIONS
    assert [question.name for question in questions_named("clock,mask")] == ["clock", "mask"]
    with pytest.raises(InputError, match="no question is called 'clocks'; expected one of mask"):
        questions_named("clocks")


@pytest.mark.parametrize(
    ("loss", "camera", "untold"),
    [
        (0.7, 0.5, None),
        (0.5, 0.5, "loss"),  # no better than the base ...
        (0.3, 0.5, "loss"),  # ... and worse
        (0.5, 1.0, "loss, camera"),
    ],
)
def test_measures_that_runs_are_not_shown_to_have_learnt_are_told(
    loss: float, camera: float, untold: str | None
) -> None:
    found = dict.fromkeys(QUESTION.variants, runs(0.5, 0.9))
    base, *_ = runs(loss, camera)
    told = answer(QUESTION, found, base)
    assert told.learnt["loss"].mean == pytest.approx(0.5 - loss, abs=0.01)
    first, *_ = sentences(told)
    if untold is None:
        assert "Too short" not in first
    else:
        assert first == (
            f"**Too short to tell** by {untold}: there *paper* itself is not shown to be better "
            "than the base that it began as."
        )
    assert answer(QUESTION, found).learnt == {}


def test_a_variant_is_held_to_itself_at_other_strengths_on_the_sets_that_were_asked_at_both() -> (
    None
):
    usual = {f"{number}": 1.0 for number in range(100)} | {"100": 0.0}
    weaker = {f"{number}": 0.5 for number in range(0, 100, 5)}
    run = {"camera": usual, "camera at strength 0.5": weaker, "camera at strength 2": usual}
    question = replace(QUESTION, others=(), measures=("camera",), strengths=(0.5, 2.0))
    assert question.needed == ("camera", "camera at strength 0.5", "camera at strength 2")
    found = answer(question, {"paper": [run] * 3})
    assert [*found.others] == ["at strength 0.5", "at strength 2"]
    (half,), (double,) = found.others.values()
    assert (half.mean, half.apart.mean, half.apart.sets) == (0.5, -0.5, 20)
    assert found.reference == {"camera": 1.0}  # the last was not asked at both
    assert half.verdict == "worse"
    assert double.verdict == "no difference shown"
