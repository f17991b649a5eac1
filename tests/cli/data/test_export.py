"""`cut2next data export`: a plain folder whole, or none."""

from pathlib import Path

import pytest
from tests.cuts.sample import found
from tests.cuts.test_validation import write

from cut2next.cli.main import main


def test_what_is_there_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "cuts", found(0))
    assert main(["data", "export", str(folder), str(folder)]) == 2
    assert main(["data", "export", str(tmp_path / "none"), str(tmp_path / "out")]) == 2
    assert main(["data", "import", str(folder), str(tmp_path / "out")]) == 2
    assert "holds no cuts.jsonl" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["cuts"]


def test_a_damaged_set_leaves_no_half_of_a_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1, split="validation"))
    (folder / "data" / "validation-00000.parquet").write_bytes(b"PAR1")
    assert main(["data", "export", str(folder), str(tmp_path / "out")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["cuts"]
