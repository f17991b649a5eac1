"""`cut2next data validate`: each fault a line, and a refusal at the end."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.cuts.sample import found
from tests.cuts.test_validation import to_format_1, told, write

from cut2next.cli.main import main


def test_an_older_format_is_valid_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "cuts", found(0))
    to_format_1(folder)
    assert not told(folder)
    assert main(["data", "validate", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "format 1, written by an older version and still read" in out
    assert f"`cut2next data merge {folder} --out NEW` rewrites it" in out


def test_the_command_lists_faults_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = replace(found(1), licence="")
    folder = write(tmp_path / "cuts", found(0), lines, replace(found(2, film="a\nb"), source=""))
    assert main(["data", "validate", str(folder)]) == 2
    shown = capsys.readouterr()
    assert shown.out.count("\n") == 2
    assert "row 1, column licence: String should have at least 1 character" in shown.out
    assert "2 faults in 3 cuts" in shown.err
    assert shown.err.count("\n") == 1
    assert main(["data", "validate", str(tmp_path / "missing")]) == 2
    assert "no such folder" in capsys.readouterr().err
