"""`cut2next plan --train`, as typed."""

import json
from pathlib import Path

import pytest
from tests.cli.running import run
from tests.generation.toy import toy
from tests.recipes.lora.flux import flux_folder

DEV = ["--model", "black-forest-labs/FLUX.1-dev"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the toy model."""
    monkeypatch.chdir(tmp_path)
    toy().save_pretrained(tmp_path / "model")
    return tmp_path


@pytest.mark.slow
def test_full_size_is_planned_for_every_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", "--train", *DEV, "--vram", "24", "--cuts", "200000") == 0
    shown = capsys.readouterr().out
    assert "a LoRA of rank 256 (1.046 billion numbers)" in shown
    cards = [line for line in shown.splitlines() if " GiB: " in line][:5]
    assert [line.split()[0] for line in cards] == ["16", "24", "32", "48", "80"]
    assert cards[0] == "16 GiB: nothing fits"
    assert "--precision bf16 --optimizer adamw" in cards[4]
    assert "59 GB of latents" in shown
    assert "1887 GB; 12.6 GB a checkpoint" in shown
    assert shown.endswith(
        "for 24.0 GiB: --precision nf4 --optimizer adamw8bit --checkpointed 1 --cached-texts\n"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_a_small_model_is_planned_for_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    size = ["--size", "48x32", "--rank", "2", "--each", "3"]
    assert run("plan", "--train", "--model", "model", *size, "--optimizer", "muon", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rank"], facts["each"], facts["table"]) == (2, 3, "closed")
    assert {fit["optimizer"] for fit in facts["fits"]} == {"muon"}
    assert [card["gib"] for card in facts["cards"]] == [16, 24, 32, 48, 80]
    assert facts["chosen"]["precision"] == "bf16"
    assert 0 < facts["flops"] < facts["flops_checkpointed"]
    assert facts["rate"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_a_table_is_planned_for_where_the_model_tells_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flux_folder(Path("flux"))
    flops = {}
    for table in ("closed", "paper"):
        asked = ["--model", "flux", "--size", "96x64", "--rank", "2", "--table", table, "--json"]
        assert run("plan", "--train", *asked) == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts["table"] == table
        flops[table] = facts["flops"]
    assert flops["closed"] < flops["paper"]  # where everything reads the noisy next shot


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--table", "open"], "unknown segment table 'open'"),
        pytest.param(
            [*DEV, "--vram", "12"],
            "12.0 GiB of memory to train in; expected",
            marks=pytest.mark.slow,
        ),
        (["--model", "nowhere"], "unknown model 'nowhere'"),
        (["--rank", "0"], "expected a whole number, 1 to"),
        (["--cuts", "-1"], "expected a whole number, 1 or more"),
        (["--optimizer", "prodigy"], "invalid choice"),
    ],
)
def test_what_cannot_be_planned_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("plan", "--train", *arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
