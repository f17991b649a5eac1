"""`cut2next demo` and `cut2next train`: a sheet at the end, and one line for what cannot be."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from cut2next.backbones.mini import weights_folder
from cut2next.cli.main import main


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    try:
        code = main(arguments)
    except SystemExit as stopped:
        code = int(str(stopped.code))
    told = capsys.readouterr()
    assert code == 2
    assert told.err.count("\n") == 1
    return told.err


def test_demo_ends_with_the_path_of_a_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--sets", "1", "--out", str(tmp_path / "new" / "demo")]) == 0
    sheet = Path(capsys.readouterr().out.strip().splitlines()[-1])
    with Image.open(sheet) as image:
        assert image.width > 3 * 384
        assert image.height > 5 * 160


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "--sets", "0"], "'0'"),
        (["demo", "--out", "taken"], "taken"),
        (["demo", "--model", "nothing"], "nothing"),
        (["train", "maxi"], "maxi"),
        (["train", "mini", "--steps", "-1"], "-1"),
        (["train", "mini", "--table", "open"], "open"),
        (["train", "mini", "--folder", "taken"], "taken"),
        (["train", "mini", "--out", "taken"], "taken"),
        (["train", "mini", "--out", "."], "holds something else than a model"),
        (["train", "mini", "--from", "nobody"], "nobody"),
        (["train", "mini", "--device", "abacus"], "abacus"),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, list) else "",
)
def test_bad_input_is_one_line(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert told in refused(arguments, capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    "arguments",
    [["demo", "--out", "new", "--model"], ["train", "mini", "--folder", "new", "--from"]],
    ids=" ".join,
)
def test_a_model_that_does_not_load_leaves_nothing(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(weights_folder(), "model")
    Path("model/tokenizer/tokenizer.json").unlink()
    assert "does not load" in refused([*arguments, "model"], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
