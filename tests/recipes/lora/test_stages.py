"""The paper's two stages, one after the other, on a folder of the shape of FLUX.1-dev's."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.toy import latents, picture
from tests.recipes.lora.flux import flux_folder
from tests.recipes.lora.runs import LORA, lora_of, recipe, trained
from tests.training.batches.sets import cut, shot, written

from cut2next.backbones.prepared import prepare
from cut2next.cuts.record import CutRecord
from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.fit import Precision
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.training.batches.survey import CutSource
from cut2next.training.fit import Optimizer
from cut2next.training.step import NextShotLearner

pytestmark = pytest.mark.usefixtures("known")
UPRIGHT = (72, 96)


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return flux_folder(tmp_path_factory.mktemp("flux") / "FLUX.1-toy")


def upright(number: int) -> CutRecord:
    return cut(number, current=shot(number, UPRIGHT), next=shot(number + 1, UPRIGHT))


def two_shapes(folder: Path, first: int) -> Path:
    """Three cuts of each shape."""
    cuts = [*map(cut, range(first, first + 3)), *map(upright, range(first + 10, first + 13))]
    return written(folder, cuts)


def stage(model: Path, **changes: Any) -> LoraRecipe:
    return recipe(
        model, **{"prompt_tokens": (8, 8, 8), "batch": 2, "validate_every": 99, **changes}
    )


WAYS: list[Any] = [
    (Precision.BF16, Optimizer.ADAMW, "closed"),
    *(
        pytest.param(*way, marks=pytest.mark.slow)
        for way in (
            (Precision.INT8, Optimizer.ADAMW_8BIT, "paper"),
            (Precision.BF16, Optimizer.MUON, "paper"),
            (Precision.INT8, Optimizer.MUON, "closed"),
            (Precision.NF4, Optimizer.ADAMW, "closed"),
        )
    ),
]


@pytest.mark.parametrize(("precision", "optimizer", "table"), WAYS)
def test_the_second_stage_goes_on_from_the_first_and_the_pipeline_takes_what_comes_of_it(
    precision: Precision,
    optimizer: Optimizer,
    table: str,
    flux: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = Counter[tuple[int, int]]()
    learn = NextShotLearner.forward

    def learning(self: NextShotLearner, batch: Any, number: int) -> Any:
        sizes.update(batch.layout.shot_sizes.values())
        return learn(self, batch, number)

    monkeypatch.setattr(NextShotLearner, "forward", learning)
    way = {"precision": precision, "optimizer": optimizer, "table": table}
    shared = [
        CutSource(folder=two_shapes(tmp_path / "a", 0)),
        CutSource(folder=two_shapes(tmp_path / "b", 20), share=0.5),
    ]
    trained(stage(flux, **way, steps=4), shared, tmp_path / "first")
    assert set(sizes) == {(3, 4), (4, 3)}
    second = stage(flux, **{**way, "table": "sync-cond"}, start=tmp_path / "first", rank=9, steps=2)
    trained(second, [CutSource(folder=two_shapes(tmp_path / "c", 40))], tmp_path / "second")
    before, after = lora_of(tmp_path / "first"), lora_of(tmp_path / "second")
    assert before.keys() == after.keys()
    assert any(not torch.equal(after[name], tensor) for name, tensor in before.items())
    assert f"under the segment table {table}" in (tmp_path / "second" / "README.md").read_text()
    shots = [made(flux, tmp_path / run / LORA) for run in ("first", "second")]
    assert not torch.equal(*shots)


def made(flux: Path, lora: Path) -> torch.Tensor:
    """What a pipeline with a LoRA makes of a cut, as pixels."""
    pipe = Cut2NextPipeline.from_pretrained(flux, loras=[lora])
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    asked = HierarchicalPrompt(
        relational=RelationalPrompt(transition="a cut"),
        current=IndividualPrompt(summary="a fox"),
        next=IndividualPrompt(summary="a dog"),
    )
    made = latents(
        pipe,
        picture(0, (96, 64)),
        asked,
        generator=torch.Generator().manual_seed(0),
        num_inference_steps=2,
    )
    assert made.isfinite().all()
    return made


def test_distilled_weights_are_told_the_guidance_of_the_recipe(
    flux: Path, cuts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float | None] = []

    def noted(*arguments: Any, **settings: Any) -> Any:
        told.append(settings["guidance"])
        return prepare(*arguments, **settings)

    monkeypatch.setattr("cut2next.training.step.prepare", noted)
    trained(stage(flux, steps=1, guidance=3.5), [CutSource(folder=cuts)], tmp_path)
    assert set(told) == {3.5}


def test_weights_that_are_not_distilled_are_told_none(
    model: Path, cuts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    learn = NextShotLearner.forward

    def noted(self: NextShotLearner, batch: Any, number: int) -> Any:
        told.append(self._draws.guidance)
        return learn(self, batch, number)

    monkeypatch.setattr(NextShotLearner, "forward", noted)
    trained(recipe(model, steps=1), [CutSource(folder=cuts)], tmp_path)
    assert set(told) == {None}


def test_times_go_by_fluxs_shift_for_the_size(
    flux: Path, cuts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shifts = []
    learn = NextShotLearner.forward

    def noted(self: NextShotLearner, batch: Any, number: int) -> Any:
        shifts.append([self._shift(tokens) for tokens in (256, 2304, 4096)])
        return learn(self, batch, number)

    monkeypatch.setattr(NextShotLearner, "forward", noted)
    trained(stage(flux, steps=1), [CutSource(folder=cuts)], tmp_path)
    # Of the scheduler: 0.5 at 256 tokens, 1.15 at 4096, evenly between; e to that.
    expected = [math.exp(x) for x in (0.5, 0.5 + 0.65 * 2048 / 3840, 1.15)]
    assert shifts[0] == pytest.approx(expected)
