"""`cut2next data merge`: older folders brought up to date, and nothing written over."""

from pathlib import Path

from tests.cuts.sample import found, record
from tests.cuts.test_validation import to_format_1, write

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records


def test_an_older_format_is_brought_up_to_date(tmp_path: Path) -> None:
    old = write(tmp_path / "old", record(0), record(1))
    to_format_1(old)
    assert main(["data", "merge", str(old), "--out", str(tmp_path / "new")]) == 0
    assert list(read_records(tmp_path / "new")) == [record(0), record(1)]
    assert main(["data", "validate", str(tmp_path / "new")]) == 0


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    one = write(tmp_path / "one", found(0))
    assert main(["data", "merge", str(one), "--out", str(one)]) == 2
    assert main(["data", "merge", str(tmp_path / "none"), "--out", str(tmp_path / "new")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
