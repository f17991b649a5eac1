"""`cut2next data show`: one cut told in full, and pictured."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cuts.sample import found
from tests.cuts.test_validation import write

from cut2next.cli.main import main
from cut2next.cuts.record import Span


def test_a_cut_is_told_in_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = Span(start=5_000_000, keyframe=5_000_100, end=5_004_004, time_base=Fraction(1, 1000))
    record = found(1, rejected=("motion: 14 is over 12",), split="test")
    record = replace(record, next=replace(record.next, span=late))
    folder = write(tmp_path / "cuts", found(0), record)
    assert main(["data", "show", str(folder), record.id]) == 0
    out = capsys.readouterr().out
    for message in (
        "film:shot2-shot3\n",
        "split: test, rejected: motion: 14 is over 12",
        "patterns: Cut-In, Cut-Out",
        "scores: similarity 0.5",
        'transition: "cut" 1',
        "current shot shot2",
        "from 0:00:03.333 (3.333 s, 80 of 1/24 s) to 0:00:05.000 (5.000 s, 120 of 1/24 s)",
        "from 1:23:20.000 (5000.000 s, 5000000 of 1/1000 s) to 1:23:24.004",
        "keyframe at 1:23:20.100",
        "marks: flash",
        "summary: Shot 3 of <Ána> (long hair)",
        "Angle: 2°",
        "made by: a test 1 {'seed': 3}",
        "licence: CC0-1.0",
    ):
        assert message in out


def test_a_number_counts_in_the_order_of_reading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "cuts", *(found(number) for number in range(12)))
    assert main(["data", "show", str(folder), "10"]) == 0
    assert capsys.readouterr().out.startswith(found(10).id)
    assert main(["data", "show", str(folder), "12"]) == 2
    shown = capsys.readouterr().err
    assert "no cut 12" in shown
    assert "from 0 to 11" in shown


def test_keyframes_are_pictured_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = write(tmp_path / "cuts", found(0)), tmp_path / "cut.png"
    assert main(["data", "show", str(folder), "0", "--out", str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    following = np.asarray(found(0).next.keyframe())  # the wider one, so not scaled
    with Image.open(out) as sheet:
        pixels = np.asarray(sheet)
    height, width, _ = following.shape
    places = [
        (top, left)
        for top in range(pixels.shape[0] - height)
        for left in range(pixels.shape[1] - width)
        if (pixels[top, left : left + 4] == following[0, :4]).all()
    ]
    assert any(
        (pixels[top : top + height, left : left + width] == following).all() for top, left in places
    )


@pytest.mark.parametrize(
    ("cut", "out", "message"),
    [
        ("0", "cut.jpg", "ending in .png"),
        ("0", "none/cut.png", "no such folder"),
        ("nobody", "cut.png", "no cut nobody"),
        ("1", "cut.png", "row 1, column next_image: is not a picture"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    cut: str, out: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = replace(found(1), next=replace(found(1).next, image=b"no"))
    folder = write(tmp_path / "cuts", found(0), broken)
    assert main(["data", "show", str(folder), cut, "--out", str(tmp_path / out)]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["cuts"]
