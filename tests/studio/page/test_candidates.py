"""What becomes of candidates: where their panel goes they go, and what failed is no more."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.studio.page.begun import Begun, until
from tests.studio.page.pages import Open, opened

from cut2next.studio.store import State

pytestmark = pytest.mark.browser


def test_what_was_cut_comes_back_with_its_candidates(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url) as page:
        page.panel("1").click()
        page.press("c")
        page.page.wait_for_selector(".choice[role=radio] >> nth=4")
        page.panel("2").click()
        page.press("Control+x", "Control+v")
        until(lambda: list(furnished.board.by_id) == ["p0", "p2", "p1", "p3"])
        page.page.wait_for_selector(".choice[role=radio] >> nth=4")
        assert page.page.evaluate("document.activeElement.dataset.id") == "p1"
        page.press("Control+v")
        page.panels(5)
        assert list(furnished.board.by_id)[:3] == ["p0", "p2", "p1"]


@pytest.fixture
def failed(browser: Any, furnished: Begun) -> Iterator[Open]:
    """A page, in which a next shot has failed."""
    furnished.engine.fails = True
    with opened(browser, furnished.url) as page:
        page.panel("1").click()
        page.page.click(".tile:has-text('Cut-in')")
        page.page.wait_for_selector(".choice.failed:has-text('out of paint')")
        yield page


def _failed(page: Open) -> int:
    page.page.reload()
    page.page.wait_for_selector("body[data-ready]")
    page.panel("2").click()
    page.page.wait_for_selector("c2n-table h2:has-text('2')")
    count: int = page.page.locator(".choice.failed").count()
    return count


def test_a_next_shot_that_was_asked_for_again_has_not_failed_any_more(
    failed: Open, furnished: Begun
) -> None:
    assert _failed(failed) == 1
    furnished.engine.fails = False
    failed.page.click("text=Ask again")
    failed.page.wait_for_selector(".choice[role=radio]")
    failed.page.wait_for_selector(".choice.failed", state="hidden")
    assert _failed(failed) == 0


def test_a_next_shot_that_has_failed_is_dismissed_for_all(failed: Open, furnished: Begun) -> None:
    failed.page.click("text=Dismiss")
    failed.page.wait_for_selector(".choice.failed", state="hidden")
    assert furnished.store.jobs((State.FAILED,)) == []
    assert _failed(failed) == 0
