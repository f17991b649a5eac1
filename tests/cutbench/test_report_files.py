import json
import re
from pathlib import Path

import pytest
from tests.cutbench.features.stand_in import mean_colour
from tests.cutbench.frozen import entry, frozen

from cut2next.cutbench.entry import open_entry
from cut2next.cutbench.metrics.fidelity import PSNR
from cut2next.cutbench.metrics.learned import learned_metrics, set_metrics
from cut2next.cutbench.report_files import check_report, write_report
from cut2next.cutbench.results import Results
from cut2next.cutbench.scoring import Scoring
from cut2next.film import OutputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a report on two makers, one of them with a name that would be markup."""
    folder = tmp_path_factory.mktemp("report")
    benchmark = frozen(folder / "walls", 10)
    names = {"blue": "me", "green": "<b>you</b>"}
    entries = [
        open_entry(entry(folder / color, benchmark, color, maker=maker), benchmark)
        for color, maker in names.items()
    ]
    features = mean_colour()
    scoring = Scoring(
        benchmark=benchmark,
        entries=entries,
        metrics=[PSNR, *learned_metrics(features, None)],
        set_metrics=set_metrics(features),
    )
    results = Results(scoring=scoring, scored=list(scoring.run()))
    (folder / "out").mkdir()
    write_report(results, folder / "out", "cut2next bench score out")
    return folder / "out"


def test_the_page_shows_every_case_and_all_its_files_are_there(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    files = set(re.findall(r'src="(report-pictures/[^"]+)"', page))
    assert files == {
        f"report-pictures/{path.name}" for path in (folder / "report-pictures").iterdir()
    }
    assert len(files) == 10 * 4
    cases = page.split('id="cases"')[1]
    assert cases.count('<article class="strip"') == 10
    assert "A blue wall." in cases
    assert "<b>you</b>" not in page
    assert "&lt;b&gt;you&lt;/b&gt;" in page
    assert "no weights named" in page  # CLIP's, of the paper's columns
    assert "http" not in page.replace("http-equiv", "")


def test_pictures_of_a_persons_are_left_alone(folder: Path, tmp_path: Path) -> None:
    check_report(tmp_path)
    check_report(folder)
    (tmp_path / "report-pictures").mkdir()
    with pytest.raises(OutputError, match="report-pictures: is of no report"):
        check_report(tmp_path)
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(OutputError, match="report-pictures: is of no report"):
        check_report(tmp_path)


def test_of_some_cases_it_tells_their_films_and_one_maker_is_one(tmp_path: Path) -> None:
    some = frozen(tmp_path / "walls", 10).first(2)
    entries = [open_entry(entry(tmp_path / "mine", some), some)]
    scoring = Scoring(benchmark=some, entries=entries, metrics=[PSNR])
    results = Results(scoring=scoring, scored=list(scoring.run()))
    (tmp_path / "out").mkdir()
    write_report(results, tmp_path / "out", "")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<b>2</b>films" in page
    assert "by 1 maker, judged" in page


def test_json_has_all_that_the_figures_are_of(folder: Path) -> None:
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert len(told["cases"]) == 10
    values = [case["values"]["me"][0]["psnr"] for case in told["cases"]]
    figure = told["figures"]["me"]["all"]["psnr"]
    assert figure["mean"] == pytest.approx(sum(values) / 10)
    assert told["benchmark"]["digest"]
    assert told["distances"]["me"]["fd-dinov2"]["value"] == pytest.approx(0, abs=1e-6)
    areas = {row["metric"]: row["same_film"] for row in told["calibration"]}
    assert areas["psnr"] is not None
    assert told["networks"]["DINOv2"]["weights"] == "0" * 64
    pairs = {(each["first"], each["second"]) for each in told["comparisons"]}
    assert pairs == {("me", "<b>you</b>")}


def test_the_table_has_a_row_for_each_maker_and_control(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    assert rows[2:7] == ["me", "<b>you</b>", "truth", "copy-input", "shuffled"]
    assert "| maker | PSNR dB |" in text
