"""The shipped model on a frame of a real film: it runs, and says what it does not know."""

from pathlib import Path

import av
import pytest
from PIL import Image

from cut2next.cli.main import main

pytestmark = pytest.mark.footage


def test_a_frame_of_a_film(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, made = tmp_path / "frame.png", tmp_path / "next.png"
    with av.open(footage / "tears-of-steel.webm") as film:
        Image.fromarray(next(film.decode(video=0)).to_ndarray(format="rgb24")).save(frame)
    asked = ["--pattern", "cut-in", "--next", "Close up of a woman", "-o", str(made)]
    assert main(["generate", str(frame), *asked]) == 0
    assert "knows only the film set" in capsys.readouterr().err
    with Image.open(frame) as current, Image.open(made) as following:
        wide, tall = current.size
        assert following.width * following.height <= 384 * 160
        # Multiples of 16 pixels at this size: the shape is kept as nearly as they allow.
        assert following.width / following.height == pytest.approx(wide / tall, rel=0.15)
