"""A run on the model in the package learns a film that it does not know, and its shots show it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cli.running import run
from tests.recipes.folders import film_folder

from cut2next.training.metrics import validations
from cut2next.training.validation import BANDS

pytestmark = pytest.mark.slow


def test_it_learns_a_film_of_a_few_cuts_and_makes_other_shots_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film_folder(tmp_path / "cuts", count=8)
    numbers = "--steps 20 --batch 6 --groups 6 --each 1 --rank 8 --held-out 2 --warmup 2 "
    numbers += "--average 0.5"
    assert run("train", "film", "cuts", *numbers.split(), "--validate-every", "99") == 0
    losses = validations(Path("runs/film"))
    assert set(losses) == {0, 20}
    # Where a shot begins, and where the recipe has it learn.
    before, after = (losses[step].by_band[BANDS[-1]] for step in (0, 20))
    assert after < 0.95 * before
    Image.linear_gradient("L").resize((192, 80)).convert("RGB").save("current.png")
    shots = {}
    for name, more in (("plain", []), ("tuned", ["--lora", "runs/film/lora.safetensors"])):
        made = ["generate", "current.png", "--pattern", "cut-in", "--next", "a red cup", *more]
        assert run(*made, "--seed", "1", "-o", f"{name}.png") == 0
        shots[name] = np.asarray(Image.open(f"{name}.png")).astype(float)
    assert np.abs(shots["plain"] - shots["tuned"]).mean() > 2
