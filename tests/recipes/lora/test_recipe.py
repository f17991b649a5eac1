"""What a recipe may be: its numbers in their ranges, and in JSON."""

import json
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from cut2next.film import InputError
from cut2next.recipes.lora.recipe import RECIPES, LoraRecipe, curatedcuts, film, rawcuts


def test_the_papers_numbers_stand() -> None:
    """Section 4.1: rank 256, rate 1e-4, batch 64; two epochs, then 2,500 steps; a fifth dropped."""
    first, second = rawcuts(), curatedcuts()
    for stage in (first, second):
        assert (stage.rank, stage.learning_rate, stage.batch, stage.dropped) == (256, 1e-4, 64, 0.2)
    assert (first.epochs, first.steps, second.steps) == (2, None, 2500)


@pytest.mark.parametrize("name", RECIPES)
def test_its_numbers_are_all_of_it_in_json(name: str) -> None:
    recipe = replace(RECIPES[name](), start=Path("a"))
    numbers = json.loads(json.dumps(recipe.numbers))
    idle = "steps" if name == "rawcuts" else "epochs"  # where the other one counts
    assert set(numbers) == {field.name for field in fields(recipe)} - {idle}
    assert (numbers["start"], numbers["size"]) == ("a", "1024x576")
    assert numbers["optimizer"] == recipe.optimizer.value


FROM_ONE = ["rank", "steps", "batch", "groups", "each", "held_out", "validate_every"]
FROM_ONE += ["checkpoint_every", "checkpoints"]
ABOVE_ZERO = ["epochs", "learning_rate", "clip", "checkpoint_minutes"]
FROM_ZERO = ["weight_decay", "guidance", "warmup", "seed"]
SHARES = ["dropped", "at_noise", "cooldown", "checkpointed", "left_out", "average"]
WRONG: list[tuple[str, Any]] = [
    *((name, number) for name in FROM_ONE for number in (0, -1, 10**30, 1.5)),
    *((name, number) for name in ABOVE_ZERO for number in (0.0, -1.0, 1e300)),
    *((name, number) for name in FROM_ZERO for number in (-1, 10**30)),
    *((name, number) for name in SHARES for number in (-0.1, 1.1)),
    *((name, math.nan) for name in (*ABOVE_ZERO, "weight_decay", "guidance", *SHARES)),
    *((name, math.inf) for name in (*ABOVE_ZERO, "weight_decay", "guidance", *SHARES)),
    *(("prompt_tokens", counts) for counts in ((0, 1, 1), (1, -1, 1), (1, 1, 10**9), (1, 1))),
    ("average", 1.0),
    ("left_out", 0.6),
    ("optimizer", "adam"),
    ("compiled", 1),
]


@pytest.mark.parametrize(("name", "number"), WRONG)
def test_what_cannot_be_is_refused_by_its_name(name: str, number: Any) -> None:
    with pytest.raises(InputError) as refused:
        replace(film(), **{name: number})
    assert name in str(refused.value).replace("-", "_")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *((name, 1) for name in FROM_ONE[5:]),
        *(("warmup", 0), ("seed", 0), ("cooldown", 1.0), ("left_out", 0.5), ("average", 0.0)),
    ],
)
def test_what_can_just_be_is_taken(name: str, number: Any) -> None:
    assert getattr(replace(film(), **{name: number}), name) == number


def test_a_batch_is_a_multiple_of_what_is_passed_at_a_time() -> None:
    assert LoraRecipe(batch=12, groups=2, each=3).lessons == 2
    with pytest.raises(InputError, match=r"a batch of 6, 4 current shots .* for example 4"):
        LoraRecipe(batch=6, groups=4)
    with pytest.raises(InputError, match="for example 5"):
        LoraRecipe(batch=2, groups=5)
