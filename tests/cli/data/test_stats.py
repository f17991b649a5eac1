"""`cut2next data stats`: counts on stdout, whatever the folder holds."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.cuts.sample import found
from tests.cuts.test_validation import write

from cut2next.cli.main import main


def test_a_damaged_picture_is_told_with_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = found(0)
    folder = write(tmp_path / "cuts", replace(record, next=replace(record.next, image=b"no")))
    assert main(["data", "stats", str(folder)]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "row 0, column next_image: is not a picture" in told.err


def test_no_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "stats", str(tmp_path)]) == 2
    assert "holds no cuts" in capsys.readouterr().err
