"""The commands for FLUX.1's size: the command line takes each, and ablations train."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from tests.recipes.lora.flux import flux_folder
from tests.recipes.lora.runs import LORA, make_quick, recipe
from tests.training.batches.sets import cut, written

from cut2next.cli.main import _parser
from cut2next.conditioning.ablations import ABLATIONS
from cut2next.experiments.full_size import FullSize
from cut2next.experiments.questions import QUESTIONS, questions_named
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.lora_file import read_training
from cut2next.recipes.lora.run import train_lora
from cut2next.training.batches.survey import CutSource

FULL = FullSize(model="mini", cuts="rough", few="few", cases="cases", steps=10, seeds=2)


def programs(commands: list[str]) -> list[list[str]]:
    """The words of each that is no remark."""
    return [shlex.split(command)[1:] for command in commands if not command.startswith("#")]


def test_the_command_line_takes_every_command() -> None:
    for words in programs(FULL.commands(QUESTIONS)):
        assert _parser().parse_args(words).command.NAME


def test_a_stage_goes_on_from_the_one_before_on_other_cuts_with_half_the_steps() -> None:
    commands = FULL.commands(questions_named("stages"))
    first, second = (
        next(each for each in commands if each.endswith(f"runs/full-size/{name}-1"))
        for name in ("rough-half", "rough-then-few")
    )
    assert " rough " in first
    assert " few " in second
    assert "--steps 5 " in first
    assert "--steps 5 --from runs/full-size/rough-half-1 " in second
    assert commands.index(first) < commands.index(second)


def test_the_budget_is_that_of_all_loras_with_the_stages_before_them() -> None:
    def exaflop(named: str, steps: int) -> tuple[str, float]:
        full = replace(FULL, steps=steps)
        loras, told = full.commands(questions_named(named))[0].removeprefix("# ").split(", of ")
        return loras, float(told.split(": ")[1].split(" EFLOP")[0])

    # The half before and the half after are one run.
    (stages, long), (_, short) = exaflop("stages", 8000), exaflop("stages", 4000)
    assert stages == "6 LoRAs"
    assert long == pytest.approx(2 * short, rel=0.01)
    one, alone = exaflop("strength", 8000)
    assert one == "2 LoRAs"
    assert alone == pytest.approx(long / 3, rel=0.01)
    assert exaflop("architecture", 8000) == ("0 LoRAs", 0.0)


def test_what_no_lora_can_be_is_named_and_not_judged() -> None:
    commands = FULL.commands(questions_named("closed,architecture"))
    assert sum(command.startswith("# unet-") for command in commands) == 3
    assert commands[-1].count("=mini+") == 4
    assert "closed-2=mini+runs/full-size/closed-2/lora.safetensors" in commands[-1]


def test_a_lora_learns_with_earlier_shots_and_chains_are_to_be_looked_at() -> None:
    commands = FULL.commands(questions_named("chains"))
    (learns, _) = [each for each in commands if "--earlier-shots 3" in each]
    assert "-o runs/full-size/earlier-shots-1" in learns
    boards = [each for each in commands if " storyboard " in each]
    assert [each.split("--out ")[1] for each in boards] == [
        f"runs/full-size/chain-{name}" for name in ("closed", "earlier-shots")
    ]


def test_a_question_of_strengths_judges_one_lora_at_each() -> None:
    (judged,) = (each for each in FULL.commands(questions_named("strength")) if " bench " in each)
    for strength in ("0", "0.5", "1.5", "2"):
        lora = "mini+runs/full-size/paper-2/lora.safetensors"
        assert f"paper-2-at-{strength}={lora}?relation={strength}" in judged
    assert judged.count("=mini+") == 2 * 5


def test_where_no_lora_can_be_nothing_is_judged() -> None:
    commands = FULL.commands(questions_named("extremes"))
    assert sum(command.startswith("# extremes-") for command in commands) == 4
    assert [words[:1] for words in programs(commands)] == [["plan"]]


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of FLUX.1-dev's shape, small and random: a model that tells no table."""
    return flux_folder(tmp_path_factory.mktemp("flux") / "FLUX.1-toy")


@pytest.mark.parametrize("name", ["no-shot-bridge", "aligned", "no-relational-prompt"])
def test_a_run_under_an_ablation_trains_and_its_lora_carries_the_table(
    name: str, flux: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_quick(monkeypatch)
    cuts = written(tmp_path / "cuts", [cut(number) for number in range(4)])
    small = recipe(flux, table=name, prompt_tokens=(8, 8, 8), batch=2, steps=1, validate_every=99)
    list(train_lora(small, [CutSource(folder=cuts)], tmp_path / "run"))
    lora = tmp_path / "run" / LORA
    training = read_training(lora)
    assert training is not None
    assert training.table is ABLATIONS[name]
    pipe = Cut2NextPipeline.from_pretrained(flux, loras=[lora])
    assert pipe.table is ABLATIONS[name]
