"""`cut2next demo`: a sheet at the end, and one line for what cannot be."""

import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.running import refused

from cut2next.backbones.mini import weights_folder
from cut2next.cli.main import main


def test_demo_ends_with_the_path_of_a_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--sets", "1", "--out", str(tmp_path / "new" / "demo")]) == 0
    sheet = Path(capsys.readouterr().out.strip().splitlines()[-1])
    with Image.open(sheet) as image:
        assert image.width > 3 * 384
        assert image.height > 5 * 160


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--sets", "0"], "'0'"), (["--out", "taken"], "taken"), (["--model", "nothing"], "nothing")],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert message in refused(["demo", *arguments], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_model_that_does_not_load_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(weights_folder(), "model")
    Path("model/tokenizer/tokenizer.json").unlink()
    assert "does not load" in refused(["demo", "--out", "new", "--model", "model"], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
