"""A question from nothing to its page, at toy size: base, runs, pictures, judging, report."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cut2next.experiments import exam, judging
from cut2next.experiments.exam import CONTROLS
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.plan import Plan
from cut2next.experiments.published import VALUES, WEIGHTS
from cut2next.experiments.questions import USUAL, questions_named
from cut2next.experiments.runs import (
    begin_from,
    controls,
    curve,
    found,
    is_answered,
    measured_elsewhere,
    run_all,
    seconds,
    to_publish,
)
from cut2next.experiments.tuning import Tuning
from cut2next.film import WeightsError
from cut2next.recipes.mini import transformer
from cut2next.training.checkpoint import Checkpoints
from cut2next.training.stopping import Stopped

pytestmark = pytest.mark.slow
SIZE = (96, 64)
"""Of pictures, made and judged: at another shape a true shot would not be right."""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """One seed, eight steps, four held-out cuts in small pictures; run through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Laboratory, "size", SIZE)
        for module in (exam, judging):
            patch.setattr(module, "JUDGED_AT", SIZE)
        laboratory = Laboratory(
            folder=tmp_path_factory.mktemp("laboratory"), sets=2, withheld_sets=2, sets_a_reel=1
        )
        made = Plan(
            laboratory=laboratory,
            questions=questions_named("closed"),
            base_steps=2,
            steps=8,
            seeds=1,
            cuts=4,
        )
        assert not is_answered(made, made.questions[0])
        list(run_all(made))
        yield made


def test_every_run_has_every_measure_a_value_a_set(plan: Plan) -> None:
    assert is_answered(plan, plan.questions[0])
    for run in plan.compared:
        values = found(plan, run)
        assert {*USUAL} <= {*values}
        assert {*values["loss"]} == {"0", "1"}
        assert {*values["psnr"]} == {"0", "1", "2", "3"}
    assert [*curve(plan, "closed")] == [0, 1, 2, 4, 8]


def test_controls_reach_what_they_must(plan: Plan) -> None:
    known = controls(plan)
    assert {*known} == {*CONTROLS, "base", "chance"}
    assert {*known["truth"]["camera"].values()} == {1.0}
    assert {*known["copy"]["static cut"].values()} == {1.0}
    truth, autoencoder = (sum(known[name]["psnr"].values()) for name in ("truth", "autoencoder"))
    assert truth > autoencoder


def test_again_nothing_is_done_and_nothing_changes(plan: Plan) -> None:
    folder = plan.laboratory.folder
    before = {path: path.read_bytes() for path in folder.rglob("*.safetensors")}
    list(run_all(plan))
    assert {path: path.read_bytes() for path in folder.rglob("*.safetensors")} == before
    assert {"learning", "losses", "pictures", "judging", "shooting and encoding"} <= {
        *seconds(plan)
    }


def test_a_row_is_repeated_from_the_published_base_with_the_same_figures(
    plan: Plan, tmp_path: Path
) -> None:
    elsewhere = replace(
        plan, laboratory=replace(plan.laboratory, folder=tmp_path), questions=plan.questions
    )
    begin_from(elsewhere, plan.base.weights)
    list(run_all(elsewhere))
    for one, other in zip(plan.compared, elsewhere.compared, strict=True):
        assert json.dumps(found(plan, one)) == json.dumps(found(elsewhere, other))


def test_weights_of_something_else_are_no_base(plan: Plan, tmp_path: Path) -> None:
    elsewhere = replace(plan, laboratory=replace(plan.laboratory, folder=tmp_path / "new"))
    other = tmp_path / "other.safetensors"
    save_file({"bias": torch.zeros(2)}, other)
    with pytest.raises(WeightsError, match=r"other\.safetensors: damaged, or of something else"):
        begin_from(elsewhere, other)
    assert not (tmp_path / "new").exists()


def test_published_values_stand_for_the_runs(plan: Plan, tmp_path: Path) -> None:
    to_publish(plan, tmp_path)
    assert (tmp_path / WEIGHTS).read_bytes() == plan.base.weights.read_bytes()
    published = measured_elsewhere(plan, tmp_path / VALUES)
    known = replace(plan, published=published)
    assert known.tunings == []
    assert is_answered(known, known.questions[0])
    for run in plan.compared:
        assert found(known, run) == found(plan, run)


def test_a_kill_after_a_look_loses_neither_that_nor_the_checkpoint(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(plan.runs("closed")[0], seed=8)
    looked: list[int] = []
    often = replace(run.recipe, checkpoint_every=1)
    monkeypatch.setattr(Tuning, "recipe", often)
    save = Checkpoints.save

    def killed(self: Checkpoints, number: int, **how: bool) -> None:
        save(self, number, **how)
        if number == run.looks[1]:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            list(run.learn(lambda step, _: looked.append(step)))
    list(run.learn(lambda step, _: looked.append(step)))
    assert looked == [*range(1, run.steps + 1)]


@pytest.mark.filterwarnings("ignore")  # what the compiler itself is warned of
@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling takes a C++ compiler")
def test_a_compiled_run_that_was_stopped_ends_with_the_same_weights(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformer, "COMPILED_FROM", 1)
    run = replace(plan.runs("closed")[0], seed=7)
    assert run.recipe.compiled
    list(run.learn())
    unbroken = load_file(run.weights)
    shutil.rmtree(run.folder)
    with pytest.raises(Stopped):
        _learn_until_stopped(run, after=3)
    assert not run.is_done
    list(run.learn())
    again = load_file(run.weights)
    assert again.keys() == unbroken.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in unbroken.items())


def _learn_until_stopped(run: Tuning, after: int) -> None:
    for done in run.learn():
        if done.done == after:
            os.kill(os.getpid(), signal.SIGTERM)
