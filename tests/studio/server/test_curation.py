"""Curation is a page of the same server, below /curate/: in a browser, and by program."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.curation.desks import desk_on, written
from tests.curation.test_sheet import evil
from tests.cuts.sample import found
from tests.pages.live import chromium, serious_faults
from tests.studio.server.serving import Client, served

from cut2next.cli.main import main
from cut2next.curation.decisions import Verdict, decision_row, read_decisions, write_decisions
from cut2next.cuts.dataset import read_records
from cut2next.studio.server.curation_routes import router_of
from cut2next.studio.store import Store

KEEP = Verdict.KEEP
NOTE = '=calm, "slow"'


@pytest.fixture
def cuts(tmp_path: Path) -> Path:
    """Three cuts, the last with texts that would do harm."""
    return written(tmp_path / "cuts", [found(0), found(1), evil(2)])


@pytest.fixture
def here(cuts: Path) -> Iterator[Client]:
    """A studio with them."""
    with (
        closing(Store.in_memory()) as store,
        desk_on(cuts) as desk,
        served(store, curation=router_of(desk)) as client,
    ):
        yield client


def file_of(cuts: Path) -> Path:
    """Where their decisions are."""
    return cuts / "curation" / "decisions.csv"


def test_a_program_may_save_and_is_told_why_not(here: Client, cuts: Path) -> None:
    first = read_decisions(file_of(cuts))[0]
    page = here.get("/curate/").decode()
    assert "'unsafe-inline'" not in here.headers["content-security-policy"]
    now = page.partition('"version": "')[2][:64]
    row = {"id": first.id, "spans": decision_row(first)["spans"], "decision": "keep"}
    body = {"version": now, "curator": "Anna", "rows": [row]}
    there = "/curate/decisions"
    new = here.post(there, body)["version"]
    assert read_decisions(file_of(cuts))[0].verdict is Verdict.KEEP
    assert here.refused("POST", there, body) == 409
    unknown = {"version": new, "rows": [{**row, "id": "nobody"}]}
    assert here.refused("POST", there, unknown) == 400
    for wrong in (
        {"note": "\0"},
        {"decision": "maybe"},
        {"note": "\ud800"},
        {"note": "x" * 10_001},
    ):
        assert here.refused("POST", there, {"version": new, "rows": [row | wrong]}) == 422
    assert here.refused("POST", there, body, Origin="http://elsewhere") == 403
    assert here.refused("GET", "/curate/images/index.html") == 404
    assert "/curate/decisions" in here.get("/api/openapi.json")["paths"]


@pytest.mark.browser
def test_what_is_chosen_on_the_page_is_in_the_file(
    here: Client, cuts: Path, tmp_path: Path
) -> None:
    with chromium() as browser:
        context = browser.new_context(base_url=f"http://127.0.0.1:{here.port}")
        page, said = context.new_page(), list[str]()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto("/")
        page.click("c2n-bar a:text('Curation')")
        _choose(page)
        assert serious_faults(page) == []
        page.click("#save")
        page.wait_for_selector("#state:not(:has-text('not saved'))")
        page.reload()
        state = page.inner_text("#state")
        assert state == "1 kept, 1 dropped, 1 undecided"
        _meet_another(page, cuts)
        (word,) = said  # the browser's own
        assert "409" in word
        context.close()
    first, second, third = read_decisions(file_of(cuts))
    assert [row.verdict for row in (first, second, third)] == [KEEP, Verdict.DROP, KEEP]
    assert (first.note, second.note, first.curator, third.curator) == (
        NOTE,
        "by hand",
        "Anna",
        "Anna",
    )
    out = tmp_path / "curated"
    assert main(["data", "curate", str(cuts), "--apply", "--out", str(out)]) == 0
    assert {record.id for record in read_records(out)} == {first.id, third.id}


def _choose(page: Any) -> None:
    """Keeps the first cut, with a note, and drops the second."""
    page.fill("#curator", "Anna")
    page.click(".proposal >> nth=0 >> text=Keep")
    page.fill(".proposal >> nth=0 >> .verdict input", NOTE)
    page.click("h1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("d")
    page.wait_for_selector("#state:has-text('1 kept, 1 dropped, 1 undecided; 2 not saved yet')")


def _meet_another(page: Any, cuts: Path) -> None:
    """A spreadsheet writes meanwhile: that is said, and what was decided stays."""
    first, second, third = read_decisions(file_of(cuts))
    write_decisions(file_of(cuts), [first, replace(second, note="by hand"), third])
    page.click(".proposal >> nth=2 >> text=Keep")
    page.click("#save")
    page.wait_for_selector("#told:has-text('another program has changed it')")
    assert read_decisions(file_of(cuts))[2].verdict is None
    page.reload()
    page.wait_for_selector("#state:has-text('2 kept, 1 dropped, 0 undecided; 1 not saved yet')")
    page.click("#save")
    page.wait_for_selector("#state:not(:has-text('not saved'))")
