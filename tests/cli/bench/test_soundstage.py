import json
import re
import shlex
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.cli.running import run
from tests.generation.toy import toy

from cut2next.backbones.lora import inject
from cut2next.cli import main as cli
from cut2next.cutbench.contenders import ANOTHER_SEED, MODEL, TURNED
from cut2next.cutbench.soundstage.probes import PROBES
from cut2next.generation import Cut2NextPipeline
from cut2next.pages.contact_sheet import sheet_size


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of a small size; not to be written to."""
    folder = tmp_path_factory.mktemp("weights")
    toy(default_size=[96, 48]).save_pretrained(folder)
    return folder


def test_it_judges_and_tells(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    asked = ["bench", "soundstage", "--model", str(model), "--count", "2", "--steps", "1"]
    asked += ["--probes", "1"]
    assert cli.main([*asked, "--only", "cafe", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert shown.splitlines()[-2:] == [str(out / "report.json"), str(out / "contact-sheet.png")]
    assert re.search(r"^truth +100\.0 \[100\.0, 100\.0\] +100\.0", shown, re.MULTILINE)
    assert list(report["figures"]) == [
        *("truth", "autoencoder", "model", "no current shot", "copy input")
    ]
    facts = {"count": 2, "seed": 1_000_000, "steps": 1, "only": "café", "size": [96, 48]}
    assert facts.items() <= report.items()
    assert report["figures"]["copy input"]["all"]["static cut"]["mean"] == 1
    assert len(report["cuts"]) == 2
    assert list(report["probes"]) == [probe.name for probe in PROBES]
    assert report["probes"].keys() <= report["meanings"].keys()
    assert report["probes"]["name binding"]["chance"]["mean"] == 0.5
    assert list(report["strengths"]) == [MODEL, *TURNED, ANOTHER_SEED]
    for heading in ("name binding ", "relational 0 ", "place "):
        assert re.search(f"^{heading}", shown, re.MULTILINE)
    with Image.open(out / "contact-sheet.png") as sheet:
        assert sheet.size in [sheet_size(rows, 3, (384, 160)) for rows in (1, 2)]
    # The command in the report asks for the same.
    again = vars(cli._parser().parse_args(shlex.split(report["command"])[1:]))
    assert (again["count"], again["probes"]) == (2, 1)
    assert (again["seed"], again["only"]) == (1_000_000, "café")


def test_without_probes_there_are_the_usual_figures_alone(model: Path, tmp_path: Path) -> None:
    asked = ["--model", str(model), "--count", "1", "--probes", "0", "--steps", "1"]
    assert run("bench", "soundstage", *asked, "--out", str(tmp_path / "out")) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert "figures" in report
    assert not {"probes", "strengths", "variety"} & report.keys()
    assert "name binding" not in report["meanings"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["moon"], "invalid choice: 'moon'"),
        (["soundstage", "--count", "0"], "expected a whole number, 1 to 1000000000"),
        (["soundstage", "--count", "-5"], "expected a whole number, 1 to 1000000000"),
        (["soundstage", "--count", "2147483648"], "expected a whole number, 1 to 1000000000"),
        (["soundstage", "--probes", "-1"], "expected a whole number, 0 or more"),
        (["soundstage", "--steps", "0"], "expected a whole number, 1 to 1000"),
        (["soundstage", "--seed", "-1"], "expected a whole number, 0 to"),
        (["soundstage", "--seed", "12"], "may have been trained on"),
        (["soundstage", "--only", "moon"], "expected one of café"),
        (["soundstage", "--model", "giant"], "unknown model 'giant'"),
        (["soundstage", "--out", "missing/out"], "no such folder"),
        (["soundstage", "--out", "file"], "is a file"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    asked: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    assert run("bench", *asked) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_damaged_weights_are_one_line(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model_index.json").write_text("{}")
    asked = ["soundstage", "--model", str(tmp_path / "weights"), "--out", str(tmp_path / "out")]
    assert run("bench", *asked) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_a_lora_is_judged_with_its_model_and_named(model: Path, tmp_path: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(model)
    inject(pipe.transformer, "mine", rank=2, alpha=2)
    for name, parameter in pipe.transformer.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    lora = tmp_path / "mine.safetensors"
    pipe.save_lora_weights(lora, "mine")
    asked = ["bench", "soundstage", "--model", str(model), "--count", "1", "--probes", "0"]
    asked += ["--steps", "1"]
    reports = []
    for name, more in (("with", ["--lora", f"{lora}:0.5"]), ("without", [])):
        assert cli.main([*asked, *more, "--out", str(tmp_path / name)]) == 0
        reports.append(json.loads((tmp_path / name / "report.json").read_text()))
    assert [report["loras"] for report in reports] == [{str(lora): 0.5}, {}]
    assert f"--lora {lora}:0.5" in reports[0]["command"]
    judged = [report["figures"]["model"] for report in reports]
    assert judged[0] != judged[1]
