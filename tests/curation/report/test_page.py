"""The report: what it counts, what it draws, and that any set gets a page that opens from disk."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cuts.sample import found, record
from tests.pages.browser import EVIL, Page, check, in_browser

from cut2next.curation.examples import Examples
from cut2next.curation.report.histograms import WIDTH, histogram, histograms
from cut2next.curation.report.page import FILMS, PAGE, PICTURES, report_folder, wanted, write_report
from cut2next.curation.report.survey import FilmCut, FilmShot, FilmSurvey, survey
from cut2next.curation.report.timeline import WIDTH as ROW
from cut2next.curation.report.timeline import timeline
from cut2next.cuts.record import CutRecord, MadeBy, Span
from cut2next.cuts.selection import Limit, Selection, filtered, thresholds_of
from cut2next.film import InputError, OutputError
from cut2next.pages.html import _environment, clock

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


def test_a_shot_of_two_cuts_counts_once() -> None:
    seen = survey(chain(6))
    assert (seen.cuts, seen.shots, seen.scenes) == (5, 6, 2)
    assert len(seen.shot_scores["motion"]) == 6
    assert len(seen.shot_scores["duration"]) == 6
    assert len(seen.cut_scores["similarity"]) == 5


def test_reasons_count_cuts_and_those_with_nothing_else() -> None:
    seen = survey(
        [
            found(0, rejected=(MOTION, "motion: 13 is over 12 in the current shot")),
            found(1, rejected=(MOTION, SCENE)),
            found(2, split="test"),
        ]
    )
    assert seen.reasons == {"motion": 2, "scene": 1}
    assert seen.alone == {"motion": 1}
    assert seen.splits == {"rejected": 2, "test": 1}
    assert seen.examples.of("scene") == [found(1).id]


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


def test_thresholds_of_another_version_are_read_as_far_as_they_are_known() -> None:
    told = {**asdict(Selection(max_text=0.5)), "max_of_tomorrow": 1.0}
    by = MadeBy(tool="cut2next data rawcuts", version="9", parameters={"selection": told})
    assert thresholds_of(replace(found(0), made_by=(by,))) == Selection(max_text=0.5)


def test_only_a_report_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    report(folder, chain(3))
    report(folder, chain(4))
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds mine\.txt"):
        report(folder, chain(3))
    assert (folder / "mine.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_report_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    report(tmp_path / "report", chain(3))
    before = (tmp_path / "report" / PAGE).read_bytes()
    (broken,) = [found(0, rejected=(MOTION,))]
    broken = replace(broken, next=replace(broken.next, image=b"no picture"))
    with pytest.raises(InputError, match="is damaged"):
        report(tmp_path / "report", [broken])
    assert (tmp_path / "report" / PAGE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(-1e6, 1e6))
def test_a_histogram_counts_every_value(values: list[float], least: float) -> None:
    told = histogram("score", np.array(values), Limit(score="motion", least=least))
    counted = sum(int(bar.text.rpartition(": ")[2]) for bar in told.bars)
    assert counted + told.beyond == len(values)
    assert all(0 <= bar.x <= bar.x + bar.width <= WIDTH + 1e-6 for bar in told.bars)
    (threshold,) = told.thresholds
    assert threshold.out == sum(value < least for value in values)
    assert 0 <= threshold.from_x <= threshold.to_x <= WIDTH


def test_scores_with_thresholds_come_first_and_nothing_is_no_histogram() -> None:
    limits = [Limit(score="motion", most=3.0), Limit(score="text")]
    scores = {"another": [1.0], "text": [1.0], "motion": [2.0, 4.0], "empty": [float("nan")]}
    drawn = list(histograms(scores, limits))
    assert [one.name for one in drawn] == ["motion", "text", "another"]
    assert drawn[0].thresholds[0].out == 1


@st.composite
def films(draw: st.DrawFn) -> FilmSurvey:
    """Shots one after the other, with gaps between some of them."""
    film, at = FilmSurvey(name="film"), draw(st.sampled_from([0.0, 3.5]))
    for number in range(draw(st.integers(1, 12))):
        length, gap = draw(st.floats(0.05, 900)), draw(st.sampled_from([0.0, 0.5]))
        shot = FilmShot(
            name=f"{number:02}", start=at, end=at + length, scene=None, marks=(), picture=""
        )
        film.shots[shot.name] = shot
        if number:
            cut = FilmCut(id=f"{number}", at=at, gap=gap, rejected=(), pictures=("", ""))
            film.cuts.append(cut)
        at += length + gap
    return film


@given(films())
def test_a_timeline_holds_all_of_a_film_to_scale(film: FilmSurvey) -> None:
    drawn = timeline(film)
    assert len(drawn.rows) <= 15
    width = sum(block.width for row in drawn.rows for block in row.shots)
    seconds = sum(shot.end - shot.start for shot in film.shots.values())
    assert width * drawn.seconds / ROW == pytest.approx(seconds)
    assert sum(len(row.ticks) for row in drawn.rows) == len(film.cuts)
    for row in drawn.rows:
        for block in (*row.shots, *row.gaps):
            assert -1e-6 <= block.x <= block.x + block.width <= ROW + 1e-6


def test_dissolves_lie_between_their_shots() -> None:
    base = {"time_base": Fraction(1, 10), "keyframe": 0}
    one = found(0, scores={"gap": 0.5})
    current = replace(one.current, span=Span(start=0, end=40, **base))  # type: ignore[arg-type]
    following = replace(one.next, span=Span(start=45, end=90, **base))  # type: ignore[arg-type]
    (row,) = timeline(survey([replace(one, current=current, next=following)]).films["film"]).rows
    (gap,) = row.gaps
    assert (round(gap.x), round(gap.width), gap.text) == (400, 50, "dissolve or fade, 0.5 s")


@given(st.sets(st.text(max_size=3), max_size=30), st.randoms(use_true_random=False))
def test_examples_do_not_depend_on_the_order_of_reading(ids: set[str], chance: Random) -> None:
    one, other = Examples(4), Examples(4)
    for id_ in sorted(ids):
        one.offer("kind", id_)
    for id_ in chance.sample(sorted(ids), len(ids)):
        other.offer("kind", id_)
    assert one.of("kind") == other.of("kind")
    assert one.all() == set(one.of("kind")) <= ids
    assert len(one.of("kind")) == min(4, len(ids))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0:00:00.0"), (59.96, "0:01:00.0"), (3723.44, "1:02:03.4"), (-0.01, "0:00:00.0")],
)
def test_a_clock_carries(seconds: float, told: str) -> None:
    assert clock(seconds) == told


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
