"""`cut2next data filter`: thresholds as typed, and what is said of what they leave out."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.running import refused
from tests.cuts.sample import found
from tests.cuts.test_selection import scored

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.cuts.selection import Selection, thresholds_of
from cut2next.cuts.writer import CutWriter


def test_the_command_filters_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cuts"
    with CutWriter(folder) as writer:
        for number in range(6):
            writer.add(found(number))
    options = ["--min-sharpness", "30", "--max-motion", "none", "--min-difference", "none"]
    assert main(["data", "filter", str(folder), *options]) == 0
    shown = capsys.readouterr().out
    assert "3 of 6 cuts kept" in shown
    assert "sharpness: 3 left out" in shown


@pytest.mark.parametrize("broken", ["-1", "high", "", "1e5"])
def test_a_threshold_is_a_number_or_none(
    broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["data", "filter", str(tmp_path), f"--max-motion={broken}"]
    assert "expected a number, or none" in refused(asked, capsys)


def test_what_is_not_named_stays_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with CutWriter(folder) as writer:
        writer.add(scored(motion=30.0))
        writer.add(replace(scored(motion=30.0), film="another"))
    kept = ["data", "filter", str(folder), "--max-motion", "none"]
    assert main(kept) == 0
    assert not next(read_records(folder)).rejected
    assert main(["data", "filter", str(folder), "--min-sharpness", "1"]) == 0
    record = next(read_records(folder))
    assert not record.rejected
    assert thresholds_of(record) == Selection(max_motion=None, min_sharpness=1.0)
