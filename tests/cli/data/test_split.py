"""`cut2next data split`: shares as typed, and what came of them."""

from pathlib import Path

import pytest
from tests.cli.running import refused
from tests.cuts.sample import found
from tests.cuts.test_validation import write

from cut2next.cli.main import main


def test_a_share_too_small_for_the_films_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "cuts", found(0, film="film 1"))
    assert main(["data", "split", str(folder), "--test", "0.001"]) == 0
    shown = capsys.readouterr().out
    assert "test: 0 films, 0 cuts (too few films for a share of 0.001)" in shown
    assert "validation" not in shown


@pytest.mark.parametrize("given_", ["1", "-0.1", "10%", "", "1e-1"])
def test_a_share_is_less_than_all(
    given_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["data", "split", str(tmp_path), f"--test={given_}"]
    assert "expected a number from 0 to under 1" in refused(asked, capsys)
