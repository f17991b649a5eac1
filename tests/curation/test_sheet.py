"""The page of proposals: safe with any text, whole on disk, and decided on in a browser."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cuts.sample import found, record
from tests.pages.browser import EVIL, Page, check, in_browser

from cut2next.curation.curating import DECISIONS, Plan, overview, plan
from cut2next.curation.decisions import Decision, Verdict, read_decisions, write_decisions
from cut2next.curation.sheet import PAGE, PICTURES, content, wanted, write_sheet
from cut2next.cuts.record import CutRecord
from cut2next.film import IndividualPrompt, InputError, OutputError, RelationalPrompt

REASON = "motion: 14.2 is over 12 in the next shot"


def cuts() -> list[CutRecord]:
    """Five cuts of a film, the last of them left out."""
    return [*(found(number) for number in range(4)), found(4, rejected=(REASON,))]


def evil(number: int) -> CutRecord:
    """A cut whose every text would do harm."""
    plain = found(number, film=EVIL, rejected=(f"{EVIL}: x",) if number % 2 else ())
    current, following = (
        replace(
            shot,
            name=f"{EVIL}{side}{number}",
            marks=(EVIL,),
            scores={EVIL: 1.0},
            prompt=IndividualPrompt(summary=EVIL, description=EVIL, attributes={EVIL: EVIL}),
        )
        for side, shot in zip("ab", plain.shots, strict=True)
    )
    relational = RelationalPrompt(transition=EVIL, scene=EVIL)
    return replace(plain, current=current, next=following, relational=relational)


def planned(records: list[CutRecord], decisions: list[Decision] | None = None) -> Plan:
    return plan(overview(records), decisions or [], most=1000)


def sheet(
    folder: Path,
    records: list[CutRecord],
    decisions: list[Decision] | None = None,
    title: str = "cuts",
) -> list[Decision]:
    """Writes the page on some records."""
    plan_ = planned(records, decisions)
    shown = [one for one in records if one.id in wanted(plan_)]
    before = content(folder / DECISIONS)
    return write_sheet(folder, plan_, shown, title=title, before=before)


def test_the_page_shows_prompts_scores_patterns_and_reasons(tmp_path: Path) -> None:
    sheet(tmp_path, cuts())
    page = check(tmp_path / PAGE)
    for words in ("Shot 0 of <Ána>", "sharpness", "Cut-In", REASON, "motion: 1 cut", "4 of 4 cuts"):
        assert words in page.text
    assert len(page.all("li", "data-row")) == 4
    assert len(page.all("img", "src")) == 10
    assert len(list((tmp_path / PICTURES).iterdir())) == 10


def test_foreign_text_stays_text(tmp_path: Path) -> None:
    sheet(tmp_path, [evil(0), evil(1)], [Decision(id=evil(0).id, note=EVIL)], title=EVIL)
    page = check(tmp_path / PAGE)
    scripts = [one for tag, one in page.tags if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "decisions"}, {}]
    assert not [one for _, one in page.tags if "onerror" in one]
    assert "603729" not in page.text
    assert EVIL in page.all("input", "value")


@pytest.mark.parametrize(
    "records",
    [
        [record(0), record(1)],
        [replace(found(0), rejected=(REASON,))],
    ],
    ids=["without places and scores", "nothing kept"],
)
def test_sets_of_every_kind_have_a_page(tmp_path: Path, records: list[CutRecord]) -> None:
    sheet(tmp_path, records)
    check(tmp_path / PAGE)


def test_what_was_decided_stays_and_new_proposals_come(tmp_path: Path) -> None:
    sheet(tmp_path, cuts()[:2])
    path = tmp_path / DECISIONS
    first, second = read_decisions(path)
    mine = replace(first, verdict=Verdict.KEEP, curator="anna", note="yes", more={"mood": "calm"})
    gone = Decision(id="film:gone-away", verdict=Verdict.DROP, film="film")
    write_decisions(path, [mine, second, gone])
    sheet(tmp_path, cuts(), read_decisions(path))
    after = {one.id: one for one in read_decisions(path)}
    assert len(after) == 5
    assert after[mine.id] == replace(mine, rank=after[mine.id].rank)
    assert after[gone.id].verdict is Verdict.DROP
    assert sum(one.touched for one in after.values()) == 2


def test_what_was_decided_is_shown_however_few_are_proposed(tmp_path: Path) -> None:
    last = planned(cuts()).shown[-1]
    decided = [Decision(id=last.nominee.id, verdict=Verdict.KEEP)]
    few = plan(overview(cuts()), decided, most=1)
    assert [one.rank for one in few.shown] == [1, 4]


def test_decisions_that_changed_meanwhile_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / DECISIONS
    write_decisions(path, [Decision(id="mine", verdict=Verdict.KEEP)])
    with pytest.raises(OutputError, match="was changed meanwhile"):
        write_sheet(tmp_path, planned(cuts()), cuts(), title="cuts", before=b"another")
    assert read_decisions(path)[0].id == "mine"


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    one = found(0)
    broken = replace(one, next=replace(one.next, image=one.next.image[:60]))
    with pytest.raises(InputError, match="keyframe of shot1: is damaged"):
        sheet(tmp_path, [broken])
    assert not list(tmp_path.iterdir())


PRESS = """
const press = key => {
  document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
};
const type = (field, text) => {
  field.value = text;
  field.dispatchEvent(new Event("input", {bubbles: true}));
};
const tell = value => {
  const out = document.createElement("pre");
  out.textContent = "told:" + JSON.stringify(value);
  document.body.append(out);
};
URL.createObjectURL = blob => {
  blob.arrayBuffer().then(bytes => tell([...new Uint8Array(bytes)]));
  return "#";
};
const save = () => document.getElementById("save").click();
"""


def told(page: Page) -> Any:
    """What the script of a test told."""
    (text,) = (word for word in page.words if word.startswith("told:"))
    return json.loads(text.removeprefix("told:"))


@pytest.mark.browser
def test_a_page_saves_the_file_that_it_was_made_from(tmp_path: Path) -> None:
    hard = Decision(id=cuts()[3].id, note='=a "b", c\r\nd', more={"mood": "'+"})
    sheet(tmp_path, cuts(), [hard, Decision(id=EVIL, note="gone")])
    page = in_browser(tmp_path / PAGE, PRESS + "save();")
    assert bytes(told(page)) == (tmp_path / DECISIONS).read_bytes()


@pytest.mark.browser
def test_a_curator_decides_by_keys(tmp_path: Path) -> None:
    sheet(tmp_path, cuts())
    script = PRESS + (
        'type(document.getElementById("curator"), "Ána");'
        'for (const key of ["ArrowRight", "k", "d", "k", "u", "k"]) press(key);'
        'press("ArrowLeft"); press("u");'
        'type(document.querySelector(".proposal.here .verdict input"), "fine, <b>"); save();'
    )
    page = in_browser(tmp_path / PAGE, script)
    assert "2 kept, 1 dropped, 1 undecided" in page.text
    (tmp_path / "saved.csv").write_bytes(bytes(told(page)))
    after = read_decisions(tmp_path / "saved.csv")
    verdicts = [one.verdict for one in after]
    assert verdicts == [Verdict.KEEP, Verdict.DROP, None, Verdict.KEEP]
    assert [one.curator for one in after] == ["Ána", "Ána", "", "Ána"]
    assert after[2].note == "fine, <b>"


@pytest.mark.browser
def test_decisions_are_there_when_the_page_is_opened_again(tmp_path: Path) -> None:
    sheet(tmp_path, cuts())
    decide = 'press("ArrowRight"); press("k"); tell({...localStorage});'
    remembered = told(in_browser(tmp_path / PAGE, PRESS + decide))
    again = f"Object.assign(localStorage, {json.dumps(remembered)});"
    assert "1 kept, 0 dropped, 3 undecided" in in_browser(tmp_path / PAGE, "", before=again).text
    first, *others = read_decisions(tmp_path / DECISIONS)
    sheet(tmp_path, cuts(), [replace(first, verdict=Verdict.DROP), *others])
    # What the file says now is newer than what the browser remembers.
    assert "0 kept, 1 dropped, 3 undecided" in in_browser(tmp_path / PAGE, "", before=again).text


@pytest.mark.browser
def test_the_page_shows_what_is_asked_for(tmp_path: Path) -> None:
    sheet(tmp_path, [found(number) for number in range(125)])
    shown = 'document.title = document.querySelectorAll(".proposal:not([hidden])").length;'
    assert "120" in in_browser(tmp_path / PAGE, shown).words
    on = 'document.getElementById("on").click();'
    assert "5" in in_browser(tmp_path / PAGE, on + shown).words
    kept = (
        'const show = document.getElementById("show-decision"); show.value = "keep";'
        'show.dispatchEvent(new Event("change"));'
    )
    decide = 'document.querySelector(".verdict button").click();'
    assert "1" in in_browser(tmp_path / PAGE, decide + kept + shown).words


def test_the_file_of_decisions_has_a_row_for_each_proposal(tmp_path: Path) -> None:
    sheet(tmp_path, cuts())
    text = (tmp_path / DECISIONS).read_text(encoding="utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    ranks = [row[header.index("rank")] for row in rows]
    assert ranks == ["1", "2", "3", "4"]
    assert all(row[header.index("spans")].count("s") == 4 for row in rows)
