"""The arguments that say which model, and the choice that they make."""

import argparse
from pathlib import Path

import pytest

from cut2next.cli.model import add_fit_arguments, add_model_arguments, model_choice
from cut2next.generation.fit import Placement, Precision
from cut2next.generation.model_choice import ModelChoice


def parsed(*given: str) -> ModelChoice:
    parser = argparse.ArgumentParser()
    add_model_arguments(parser, lora="a LoRA")
    add_fit_arguments(parser)
    return model_choice(parser.parse_args(given))


def test_nothing_said_is_the_mini_model_as_it_comes() -> None:
    assert parsed() == ModelChoice(name="mini", loras=[])


def test_all_that_is_said_is_chosen() -> None:
    weights = ["--model", "a/b", "--transformer", "t.gguf", "--lora", "x:0.5", "--lora", "y"]
    fit = ["--vram", "24", "--precision", "fp8", "--placement", "model"]
    assert parsed(*weights, *fit) == ModelChoice(
        name="a/b",
        transformer=Path("t.gguf"),
        loras=[(Path("x"), 0.5), (Path("y"), 1.0)],
        vram=24.0,
        precision=Precision.FP8,
        placement=Placement.MODEL,
    )


@pytest.mark.parametrize("given", [["--precision", "fp4"], ["--placement", "moon"]])
def test_what_is_no_choice_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*given)
    assert "invalid choice" in capsys.readouterr().err
