"""A LoRA of earlier shots: learnt where cuts lead to one another, and refused where none does."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from tests.recipes.lora.runs import LORA, lora_of, notes, recipe, sources, trained
from tests.training.batches.sets import cut, written

from cut2next.film import InputError
from cut2next.generation.lora_file import read_training
from cut2next.recipes.lora.run import facts

pytestmark = pytest.mark.usefixtures("known")


def test_earlier_shots_that_no_cut_has_are_refused_before_anything_is_kept(
    model: Path, tmp_path: Path
) -> None:
    alone = written(tmp_path / "cuts", [cut(2 * number) for number in range(5)])
    with pytest.raises(InputError, match="2 earlier shots, and no cut that another leads to"):
        trained(recipe(model, earlier_shots=2), sources(alone), tmp_path / "run")
    knowing = shutil.copytree(model, tmp_path / "knowing")
    index = knowing / "model_index.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), "earlier_shots": 2}))
    said = notes(trained(recipe(knowing), sources(alone), tmp_path / "run"))
    assert "; 0 have shots before them" in said


def test_a_run_that_was_begun_when_there_were_no_earlier_shots_goes_on(
    model: Path, cuts: Path
) -> None:
    assert "earlier shots" not in facts(recipe(model), sources(cuts))
    assert facts(recipe(model, earlier_shots=2), sources(cuts))["earlier shots"] == 2


def test_a_lora_learns_from_earlier_shots_and_says_so(
    model: Path, cuts: Path, unbroken: Path, tmp_path: Path
) -> None:
    trained(recipe(model, earlier_shots=2), sources(cuts), tmp_path)
    assert (training := read_training(tmp_path / LORA))
    assert training.earlier_shots == 2
    ours, theirs = lora_of(tmp_path), lora_of(unbroken)
    assert any(not torch.equal(ours[name], tensor) for name, tensor in theirs.items())
