"""`cut2next demo`: a sheet at the end, and one line for what cannot be."""

import shutil
from pathlib import Path

import pytest
from tests.cli.running import leaves_nothing, refused
from tests.generation.toy import toy

from cut2next.backbones.mini import weights_folder
from cut2next.cli.main import main
from cut2next.generation.provenance import read_sheet


def test_demo_ends_with_the_path_of_a_sheet_that_tells_how_all_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy(default_size=[96, 48]).save_pretrained(tmp_path / "toy")
    out = tmp_path / "new" / "demo"
    assert main(["demo", "--model", str(tmp_path / "toy"), "--seed", "7", "--out", str(out)]) == 0
    sheet = Path(capsys.readouterr().out.strip().splitlines()[-1])
    assert sheet == out / "contact-sheet.png"
    made = read_sheet(sheet)
    assert len(made) == 11
    assert {(each.model, each.seed) for each in made} == {("toy", 7)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "-1"], "'-1'"),
        (["--out", "taken"], "taken"),
        (["--model", "nothing"], "nothing"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in leaves_nothing(["demo", *arguments], capsys)


def test_a_model_that_does_not_load_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(weights_folder(), "model")
    Path("model/tokenizer/tokenizer.json").unlink()
    assert "does not load" in refused(["demo", "--out", "new", "--model", "model"], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
