"""The report: what it counts, what it draws, and that any set gets a page that opens from disk."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.cuts.sample import found, record
from tests.pages.browser import EVIL, Page, check, in_browser

from cut2next.curation.report.page import FILMS, PAGE, PICTURES, report_folder, wanted, write_report
from cut2next.curation.report.survey import survey
from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.cuts.selection import Selection, filtered, thresholds_of
from cut2next.film import InputError, OutputError
from cut2next.pages.html import _environment

MOTION = "motion: 14.2 is over 12 in the next shot"
SCENE = "scene: the shots are of two scenes"


def report(folder: Path, records: Sequence[CutRecord], title: str = "cuts") -> Page:
    """The page on some records, checked."""
    seen = survey(records)
    with report_folder(folder) as fresh:
        shown = [one for one in records if one.id in wanted(seen)]
        write_report(fresh, seen, shown, title=title)
    return check(folder / PAGE)


def chain(count: int, *, film: str = "film") -> list[CutRecord]:
    """A film in which every next shot is the current shot of the cut after it."""
    cuts = [found(number, film=film) for number in range(count)]
    return [replace(one, next=after.current) for one, after in pairwise(cuts)]


def test_the_page_tells_all_of_it(tmp_path: Path) -> None:
    records = [*chain(7), found(9, film="other", rejected=(MOTION,))]
    page = report(tmp_path / "report", records)
    for words in (
        "7 cuts",
        "6 kept",
        "Cut-In",
        "motion: 1, 1 for nothing else",
        MOTION,
        "duration",
    ):
        assert words in page.text
    assert "a test 1" in page.text
    assert "No thresholds are told" in page.text
    titles = page.all("rect", "data-told")
    assert any(told.startswith("shot6: 0:00:10.0, 1.7 s, scene 1, flash") for told in titles)
    ticks = page.all("g", "data-told")
    assert sum("kept" in told for told in ticks) == 6
    assert sum(f"left out: {MOTION}" in told for told in ticks) == 1


def test_foreign_text_stays_text(tmp_path: Path) -> None:
    plain = found(0, film=EVIL, rejected=(f"{EVIL}: x",))
    current = replace(plain.current, name=EVIL, marks=(EVIL,), scores={EVIL: 1.0})
    by = MadeBy(tool=EVIL, version=EVIL, parameters={EVIL: EVIL})
    harmful = replace(plain, current=current, scores={EVIL: 2.0}, made_by=(by,))
    page = report(tmp_path / "report", [harmful], title=EVIL)
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [{}]
    assert not [attributes for _, attributes in page.tags if "onerror" in attributes]
    assert "603729" not in page.text


@pytest.mark.parametrize(
    "records",
    [[record(0), record(1)], [found(0, rejected=(MOTION,))], [found(0, scores={"gap": np.nan})]],
    ids=["without places and scores", "nothing kept", "a score that is none"],
)
def test_sets_of_every_kind_have_a_page(tmp_path: Path, records: list[CutRecord]) -> None:
    report(tmp_path / "report", records)


def test_many_films_have_pages_of_their_own(tmp_path: Path) -> None:
    records = [one for number in range(9) for one in chain(3, film=f"film {number}")]
    report(tmp_path / "report", records)
    pages = sorted((tmp_path / "report" / FILMS).iterdir())
    assert [path.name for path in pages] == ["0006.html", "0007.html", "0008.html"]
    page = check(pages[0])
    assert "film 6" in page.text
    assert page.all("rect", "data-pictures")[0].strip().startswith(f"../{PICTURES}/")


def test_the_thresholds_drawn_are_those_of_the_last_filter(tmp_path: Path) -> None:
    loose, strict = Selection(max_motion=99.0), Selection(max_motion=0.05)
    (first,) = filtered([found(0)], loose)
    (second,) = filtered([first], strict)
    assert (thresholds_of(found(0)), thresholds_of(first)) == (None, loose)
    assert thresholds_of(second) == strict
    assert len(second.made_by) == len(first.made_by) == 2
    page = report(tmp_path / "report", [second])
    assert "Thresholds are those that judged the cuts" in page.text
    assert "at most 0.05 : 2 outside" in page.text


def test_only_a_report_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    report(folder, chain(3))
    report(folder, chain(4))
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds mine\.txt"):
        report(folder, chain(3))
    assert (folder / "mine.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.parametrize("theirs", [PAGE, f"{PICTURES}/holiday.jpg", f"{FILMS}/home.html"])
def test_a_site_of_a_persons_is_no_report(tmp_path: Path, theirs: str) -> None:
    folder = tmp_path / "site"
    if theirs != PAGE:
        report(folder, chain(3))
    (folder / theirs).parent.mkdir(parents=True, exist_ok=True)
    (folder / theirs).write_text("<!doctype html><title>Mine</title>")
    with pytest.raises(OutputError, match=f"holds {theirs}, which is of no report"):
        report(folder, chain(3))
    assert (folder / theirs).read_text() == "<!doctype html><title>Mine</title>"


def test_a_report_that_a_file_manager_looked_at_is_one_still(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    report(folder, chain(3))
    (folder / ".DS_Store").touch()
    (folder / PICTURES / "Thumbs.db").touch()
    report(folder, chain(4))
    assert (folder / PAGE).is_file()


def test_a_report_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    report(tmp_path / "report", chain(3))
    before = (tmp_path / "report" / PAGE).read_bytes()
    (broken,) = [found(0, rejected=(MOTION,))]
    broken = replace(broken, next=replace(broken.next, image=b"no picture"))
    with pytest.raises(InputError, match="is not a picture"):
        report(tmp_path / "report", [broken])
    assert (tmp_path / "report" / PAGE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_without_jinja2_one_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    _environment.cache_clear()
    with pytest.raises(InputError, match=r"pip install 'cut2next\[data\]'"):
        report(tmp_path / "report", chain(3))
    assert not list(tmp_path.iterdir())


@pytest.mark.browser
def test_what_lies_under_the_pointer_is_shown(tmp_path: Path) -> None:
    report(tmp_path / "report", chain(4))
    point = (
        'document.querySelector("g[data-told]").dispatchEvent('
        'new PointerEvent("pointerover", {bubbles: true, clientX: 40, clientY: 40}));'
    )
    page = in_browser(tmp_path / "report" / PAGE, point)
    start = next(number for number, (_, one) in enumerate(page.tags) if one.get("id") == "look")
    assert "hidden" not in page.tags[start][1]
    shown = [tag for tag, _ in page.tags[start:]]
    assert shown[1:5] == ["div", "img", "img", "p"]
