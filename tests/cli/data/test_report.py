"""`cut2next data report`: a folder of cuts in, a page out, also for the film set's."""

from pathlib import Path

import pytest
from tests.cuts.sample import found
from tests.pages.browser import check

from cut2next.cli.main import main
from cut2next.cuts.writer import CutWriter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six cuts."""
    with CutWriter(tmp_path / "cuts") as writer:
        for number in range(6):
            writer.add(found(number))
    return tmp_path / "cuts"


def test_a_report_after_a_filter_draws_its_thresholds(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--min-sharpness", "30", "--min-difference", "none"]
    assert main(["data", "filter", str(folder), *asked]) == 0
    assert main(["data", "report", str(folder)]) == 0
    assert "cuts: 6, kept: 3, films: 1" in capsys.readouterr().out
    page = check(folder / "report" / "index.html")
    assert "at least 30" in page.text
    assert "sharpness: 3, 3 for nothing else" in page.text


def test_it_goes_where_it_is_asked_for(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    assert main(["data", "report", str(folder), "--out", str(out)]) == 0
    check(out / "index.html")
    assert not (folder / "report").exists()


def test_the_film_sets_cuts_have_a_report(tmp_path: Path) -> None:
    out = tmp_path / "cuts"
    assert main(["soundstage", str(out), "--count", "2", "--only", "park", "--workers", "1"]) == 0
    assert main(["data", "report", str(out)]) == 0
    page = check(out / "report" / "index.html")
    assert "there is no timeline" in page.text


def test_what_is_no_folder_of_cuts_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "report", str(tmp_path / "nothing")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_is_no_report_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "report", str(folder), "--out", str(folder)]) == 2
    captured = capsys.readouterr()
    assert "which is of no report" in captured.err
    assert captured.err.count("\n") == 1
    assert (folder / "README.md").exists()
