"""A whole run: it learns, it goes on where it was killed, and it is refused what cannot be."""

import gc
import json
import os
import re
import signal
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tests.recipes.folders import film_folder
from tests.recipes.lora.runs import LORA, lora_of, notes, recipe, sources, trained
from tests.training.batches.sets import film

from cut2next.film import InputError, OutputError
from cut2next.recipes.lora.adapting import base
from cut2next.recipes.lora.run import run_of, train_lora
from cut2next.recipes.lora.watching import Watching
from cut2next.recipes.progress import Progress
from cut2next.training.batches.cut_batches import CutBatches
from cut2next.training.loop import Run
from cut2next.training.metrics import validations
from cut2next.training.step import Draws, NextShotLearner
from cut2next.training.stopping import Stopped
from cut2next.training.validation import validation_loss

pytestmark = pytest.mark.usefixtures("known")
STEPS = 4


def steps(folder: Path) -> list[tuple[int, bool]]:
    """Of the lines of a run's metrics, the step, and whether it is a validation."""
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [(line["step"], "validation_loss" in line) for line in lines]


WHOLE = [(0, True), (1, False), (2, False), (2, True), (3, False), (4, False), (4, True)]


def begun(model: Path, cuts: Path, folder: Path, **changes: Any) -> Iterator[Progress]:
    return train_lora(recipe(model, **changes), sources(cuts), folder, device="cpu")


def assert_same_weights(folder: Path, other: Path) -> None:
    """To the bit."""
    ours, theirs = lora_of(folder), lora_of(other)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], tensor) for name, tensor in theirs.items())


def test_a_run_leaves_lora_card_metrics_and_sheets(unbroken: Path, model: Path) -> None:
    assert any(tensor.any() for name, tensor in lora_of(unbroken).items() if "lora_B" in name)
    card = (unbroken / "README.md").read_text()
    assert f"![Held-out cuts](sheets/step-{STEPS}.png)" in card
    assert "| rank | 2 |" in card
    assert str(model) in card
    assert steps(unbroken) == WHOLE
    for step in (0, 2, 4):
        with Image.open(unbroken / "sheets" / f"step-{step}.png") as sheet:
            assert sheet.width > 3 * 48
    assert {path.name for path in (unbroken / "checkpoints").glob("step-*")} == {"step-2", "step-4"}
    assert (unbroken / "left-out.txt").read_text() == ""


@pytest.mark.parametrize(
    "killed_after", [1, 3, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 4))]
)
def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(
    killed_after: int, unbroken: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    learnt = 0
    with closing(begun(model, cuts, tmp_path)) as progress:  # type: ignore[type-var]
        while learnt < killed_after:
            learnt = step.done if (step := next(progress)).stage == "learning" else 0
    assert not (tmp_path / LORA).exists()
    again = trained(recipe(model), sources(cuts), tmp_path)
    saved = killed_after - killed_after % 2
    begins = [] if saved else [0]
    learnt_again = [step.done for step in again if step.stage == "learning"]
    assert learnt_again == [*begins, *range(saved + 1, STEPS + 1)]
    assert_same_weights(tmp_path, unbroken)
    assert steps(tmp_path) == WHOLE
    assert validations(tmp_path) == validations(unbroken)


def test_a_finished_run_only_writes_again(unbroken: Path, model: Path, cuts: Path) -> None:
    lora = lora_of(unbroken)
    card = (unbroken / "README.md").read_bytes()
    (unbroken / LORA).unlink()
    again = trained(recipe(model), sources(cuts), unbroken)
    assert not [step for step in again if step.stage == "learning"]
    assert all(torch.equal(tensor, lora[name]) for name, tensor in lora_of(unbroken).items())
    assert (unbroken / "README.md").read_bytes() == card
    assert steps(unbroken) == WHOLE


@pytest.mark.parametrize("step", [2, pytest.param(STEPS, marks=pytest.mark.slow)])
def test_a_run_killed_before_a_validation_makes_up_for_it(
    step: int, unbroken: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    validate = Watching.validate

    def killed(self: Watching, at: int) -> Path:
        if at == step:
            raise KeyboardInterrupt
        return validate(self, at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watching, "validate", killed)
        with pytest.raises(KeyboardInterrupt):
            trained(recipe(model), sources(cuts), tmp_path)
    sheet = tmp_path / "sheets" / f"step-{step}.png"
    assert not sheet.exists()
    trained(recipe(model), sources(cuts), tmp_path)
    assert steps(tmp_path) == WHOLE
    assert validations(tmp_path) == validations(unbroken)
    assert sheet.read_bytes() == (unbroken / "sheets" / sheet.name).read_bytes()
    assert_same_weights(tmp_path, unbroken)


def test_a_stopped_run_says_so_and_goes_on(
    unbroken: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    progress = begun(model, cuts, tmp_path)
    while (step := next(progress)).stage != "learning" or step.done < 1:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Stopped, match="stopped by SIGTERM after step 2; the same command goes on"):
        list(progress)
    trained(recipe(model), sources(cuts), tmp_path)
    assert_same_weights(tmp_path, unbroken)


def test_a_finished_run_may_go_on_for_longer_and_not_for_less(
    model: Path, cuts: Path, tmp_path: Path
) -> None:
    trained(recipe(model, steps=2), sources(cuts), tmp_path)
    with pytest.raises(InputError, match=r"1 steps in .*, where 2 are done; expected 2 or more"):
        trained(recipe(model, steps=1), sources(cuts), tmp_path)
    again = trained(recipe(model, steps=3), sources(cuts), tmp_path)
    assert [step.done for step in again if step.stage == "learning"] == [3]
    assert "sheets/step-3.png" in (tmp_path / "README.md").read_text()


def test_what_is_written_is_the_average(model: Path, cuts: Path, tmp_path: Path) -> None:
    trained(recipe(model, checkpoint_every=STEPS, average=0.9), sources(cuts), tmp_path)
    at = tmp_path / "checkpoints" / f"step-{STEPS}"
    average, masters = (load_file(at / f"{name}.safetensors") for name in ("average", "masters"))
    written = sum(float(tensor.double().sum()) for tensor in weights(tmp_path))
    expected, last = (
        sum(float(x.to(weights(tmp_path)[0].dtype).double().sum()) for x in state.values())
        for state in (average, masters)
    )
    assert written == pytest.approx(expected, abs=0.01 * abs(last - expected))


def weights(folder: Path) -> list[torch.Tensor]:
    return [tensor for name, tensor in lora_of(folder).items() if not name.endswith(".alpha")]


def test_held_out_cuts_are_judged_by_the_average(
    model: Path, cuts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the figure of the last step is that of the file; its sheet has that of the first, too."""
    sums, told = list[float](), list[Any]()

    def noted(transformer: Any, batches: Any, **settings: Any) -> Any:
        sums.append(ups(transformer.state_dict()))
        return validation_loss(transformer, batches, **settings)

    def sheet(folder: Path, step: int, *arguments: Any) -> None:
        told.append(arguments[-2:])
        (folder / "sheets" / f"step-{step}.png").touch()

    monkeypatch.setattr("cut2next.recipes.lora.watching.validation_loss", noted)
    monkeypatch.setattr("cut2next.recipes.lora.watching.write_sheet", sheet)
    trained(recipe(model), sources(cuts), tmp_path)
    losses = validations(tmp_path)
    assert told == [(losses[0], None), (losses[2], losses[0]), (losses[STEPS], losses[0])]
    assert sums[0] == 0
    assert sums[-1] == ups(lora_of(tmp_path)) != 0


def ups(tensors: Mapping[str, torch.Tensor]) -> float:
    """The sum of all B matrices."""
    return sum(float(tensor.double().sum()) for n, tensor in tensors.items() if "lora_B" in n)


def test_another_seed_is_another_run(
    unbroken: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    trained(recipe(model, seed=1), sources(cuts), tmp_path)
    one, other = weights(unbroken), weights(tmp_path)
    assert any(not torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_two_runs_in_one_folder_are_one_too_many(model: Path, cuts: Path, tmp_path: Path) -> None:
    with closing(begun(model, cuts, tmp_path)) as first:  # type: ignore[type-var]
        next(first)
        with pytest.raises(OutputError, match="is being written by another process"):
            next(begun(model, cuts, tmp_path))


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"rank": 3}, "rank"), ({"seed": 9, "learning_rate": 0.2}, "learning rate and seed")],
)
def test_another_recipes_folder_is_refused(
    changes: dict[str, Any], said: str, unbroken: Path, model: Path, cuts: Path
) -> None:
    before = sorted(unbroken.rglob("*"))
    with pytest.raises(InputError, match=f"begun with other {said} "):
        trained(recipe(model, **changes), sources(cuts), unbroken)
    assert sorted(unbroken.rglob("*")) == before


def test_other_cuts_are_refused(unbroken: Path, model: Path, tmp_path: Path) -> None:
    others = film(tmp_path / "others", 6)
    with pytest.raises(InputError, match="begun with other cuts"):
        trained(recipe(model), sources(others), unbroken)


def test_the_folder_of_something_else_is_refused(model: Path, cuts: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"part of the film set": "all"}')
    with pytest.raises(InputError, match="begun otherwise"):
        trained(recipe(model), sources(cuts), tmp_path)


def test_what_is_refused_can_be_put_right_in_the_same_folder(
    model: Path, cuts: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="5 cuts to train on, of which none is left"):
        trained(recipe(model, held_out=9), sources(cuts), tmp_path)
    assert notes(islice(begun(model, cuts, tmp_path), 3))


@pytest.mark.parametrize("cached", [False, True])
def test_while_it_learns_the_autoencoder_is_gone_and_so_are_text_encoders_where_texts_are_kept(
    cached: bool, model: Path, cuts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: dict[str, weakref.ref[Any]] = {}

    def noted(*arguments: Any) -> Any:
        pipe = base(*arguments)
        names = ("vae", *pipe.backbone.text_encoders)
        loaded.update({name: weakref.ref(getattr(pipe, name)) for name in names})
        return pipe

    learn = NextShotLearner.forward
    held: list[set[str]] = []

    def learning(self: NextShotLearner, *arguments: Any) -> Any:
        if arguments[-1] in (0, STEPS):
            gc.collect()
        held.append({name for name, network in loaded.items() if network() is not None})
        return learn(self, *arguments)

    monkeypatch.setattr("cut2next.recipes.lora.run.base", noted)
    monkeypatch.setattr(NextShotLearner, "forward", learning)
    trained(recipe(model, cached_texts=cached), sources(cuts), tmp_path)
    assert len(held) == 2 * STEPS
    expected = set() if cached else {"text_encoder", "text_encoder_2"}
    assert all(there == expected for there in held)


def test_kept_prompts_teach_the_same(
    unbroken: Path, model: Path, cuts: Path, tmp_path: Path
) -> None:
    trained(recipe(model, cached_texts=True), sources(cuts), tmp_path)
    for name, tensor in lora_of(unbroken).items():
        torch.testing.assert_close(lora_of(tmp_path)[name], tensor, rtol=0.1, atol=0.01)


def test_held_out_cuts_are_not_trained_on(
    model: Path, cuts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    learn = NextShotLearner.forward

    def learning(self: NextShotLearner, batch: Any, number: int) -> Any:
        seen.extend(batch.clean)
        return learn(self, batch, number)

    judged: list[torch.Tensor] = []

    def judging(transformer: Any, batches: Any, **settings: Any) -> Any:
        judged.extend(shot for batch in batches for shot in batch.clean)
        return validation_loss(transformer, batches, **settings)

    monkeypatch.setattr(NextShotLearner, "forward", learning)
    monkeypatch.setattr("cut2next.recipes.lora.watching.validation_loss", judging)
    trained(recipe(model, steps=8), sources(cuts), tmp_path)
    assert not any(torch.equal(one, other) for one in seen for other in judged)
    assert len({tuple(shot.flatten().tolist()) for shot in judged}) == 1
    assert len({tuple(shot.flatten().tolist()) for shot in seen}) == 4


def test_a_cut_that_vanishes_in_the_middle_is_told_and_the_checkpoint_stands(
    model: Path, cuts: Path, tmp_path: Path
) -> None:
    progress = begun(model, cuts, tmp_path)
    while (step := next(progress)).stage != "learning" or step.done < 2:
        pass
    for latents in (tmp_path / "latents").rglob("*.safetensors"):
        latents.unlink()
    with pytest.raises(InputError, match=r"safetensors: does not exist; .*start again"):
        list(progress)
    assert (tmp_path / "checkpoints" / "step-2").exists()
    trained(recipe(model), sources(cuts), tmp_path)


def test_a_model_that_knows_few_words_tells_how_many_it_reads_over(
    model: Path, cuts: Path, tmp_path: Path
) -> None:
    assert "does not know" not in notes(islice(begun(model, cuts, tmp_path / "own"), 12))
    film = film_folder(tmp_path / "film", count=3)
    told = notes(islice(begun(model, film, tmp_path / "foreign"), 12))
    assert re.search(r"does not know, and reads over, \d\d% of the prompts' words: \w+, ", told)


def test_how_long_it_runs_follows_from_the_epochs(model: Path) -> None:
    changes = {"steps": None, "epochs": 1.5, "batch": 4, "groups": 1, "each": 2}
    settings = recipe(model, **changes, clip=0.7, seed=5, checkpoints=3, cooldown=0.25)
    assert run_of(settings, 10) == Run(
        steps=8,  # 15 micro-batches, two a step
        learning_rate=0.01,
        warmup=1,
        cooldown=0.25,
        lessons=2,
        clip=0.7,
        checkpoint_every=2,
        checkpoint_minutes=15.0,
        checkpoints=3,
        seed=5,
    )
    assert run_of(recipe(model), 10).steps == STEPS


def test_what_is_drawn_is_the_recipes_business(
    model: Path, cuts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealt: list[CutBatches] = []
    learners: list[Any] = []

    def batches(**settings: Any) -> CutBatches:
        dealt.append(CutBatches(**settings))
        return dealt[-1]

    def learner(*arguments: Any) -> Any:
        learners.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr("cut2next.recipes.lora.run.CutBatches", batches)
    monkeypatch.setattr("cut2next.recipes.lora.run.NextShotLearner", learner)
    changes = {"seed": 7, "dropped": 0.3, "left_out": 0.2, "at_noise": 0.4, "batch": 12}
    with pytest.raises(KeyboardInterrupt):
        trained(recipe(model, **changes, groups=2, each=3), sources(cuts), tmp_path)
    training, validation = dealt
    assert (training.order.seed, training.order.groups, training.order.each) == (7, 2, 3)
    assert (validation.order.groups, validation.order.each) == (1, 1)
    assert (training.dropped, validation.dropped) == (0.3, 0.0)
    ((_, draws, shift),) = learners
    assert draws == Draws(guidance=None, at_noise=0.4, left_out=0.2, lessons=2, seed=7)
    assert shift(12) == 1.0  # as the toy's scheduler has it


def test_other_cuts_in_files_of_the_same_names_and_sizes_are_other_cuts(
    unbroken: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = json.loads((unbroken / "recipe.json").read_text())
    monkeypatch.setattr("cut2next.recipes.lora.run.contents", lambda _: record["cuts"][0][2])
    other = film(tmp_path / "other", count=3)
    with pytest.raises(InputError, match="begun with other contents of the cuts"):
        list(begun(model, other, unbroken))


def test_runs_may_share_what_they_keep_of_pictures(model: Path, cuts: Path, tmp_path: Path) -> None:
    kept = tmp_path / "cache"
    for name in ("one", "two"):
        asked = recipe(model, steps=1)
        stages = trained(asked, sources(cuts), tmp_path / name, cache=kept)
        encoded = [step for step in stages if step.stage == "encoding pictures"]
        # The second time all of them are there at once.
        assert (encoded[0].done == encoded[0].total) == (name == "two")
        assert not (tmp_path / name / "latents").exists()
    assert len(list(kept.rglob("*.safetensors"))) == encoded[0].total
