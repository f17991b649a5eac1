"""`cut2next data movienet`: what is asked for as typed, and what is no MovieNet."""

from pathlib import Path

import pytest
from PIL import Image
from tests.films.test_movienet import STILL, movienet

from cut2next.cli.main import main


def test_smaller_stills_may_be_asked_for(tmp_path: Path) -> None:
    root = movienet(tmp_path / "mn", "tt1")
    Image.new("RGB", (300, 100)).save(root / STILL)
    asked = ["--out", str(tmp_path / "cuts"), "--min-height", "100"]
    assert main(["data", "movienet", str(root), *asked]) == 0


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("240P_frames", "holds no folder 240P_frames"),
        ("scene318/label318", "holds no folder scene318/label318"),
        ("scene318/meta", "split318.json: does not exist"),
    ],
)
def test_what_is_no_movienet_is_one_line(
    missing: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = movienet(tmp_path / "mn", "tt1")
    (root / missing).rename(tmp_path / "elsewhere")
    assert main(["data", "movienet", str(root), "--out", str(tmp_path / "cuts")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "cuts").exists()
