"""Where the board stands: it goes to what is chosen, and stays where somebody looks."""

from typing import Any

import pytest
from tests.studio.page.begun import Begun, furnish, until
from tests.studio.page.pages import Open, opened

pytestmark = pytest.mark.browser


_SEEN = """id => {
  const box = document.querySelector(`c2n-panel[data-id="${id}"]`).getBoundingClientRect();
  const room = document.querySelector("main").getBoundingClientRect();
  return box.top >= room.top && box.bottom <= room.bottom;
}"""


def _top(page: Open) -> float:
    top: float = page.page.evaluate("document.querySelector('main').scrollTop")
    return top


def _comes_into_sight(page: Open, id: str) -> None:
    page.page.wait_for_function(_SEEN, arg=id)


def test_the_board_stays_where_somebody_looks_while_jobs_run(browser: Any, begun: Begun) -> None:
    furnish(begun.store, 40)
    begun.engine.wait = 0.2
    with opened(browser, begun.url) as page:
        page.press("Home", "ArrowRight", "c")
        page.page.wait_for_selector("text=Step 1 of 3")
        page.page.evaluate("document.querySelector('main').scrollTop = 1200")
        before = _top(page)
        assert before > 1000
        until(lambda: len(begun.board.candidates) == 5)
        page.page.wait_for_selector(".choice[role=radio] >> nth=4")
        assert _top(page) == before
        assert page.page.evaluate("document.activeElement.dataset.id") == "p1"
        page.press("ArrowLeft")  # back to what keys act from
        _comes_into_sight(page, "p0")


def test_what_is_chosen_moved_or_new_comes_into_sight(browser: Any, begun: Begun) -> None:
    furnish(begun.store, 40)
    with opened(browser, begun.url) as page:
        page.press("End")
        _comes_into_sight(page, "p39")
        page.press("Home")
        for _ in range(6):
            page.press("Alt+ArrowDown")
        until(lambda: list(begun.board.by_id).index("p0") > 12)
        _comes_into_sight(page, "p0")
        page.page.evaluate("document.querySelector('main').scrollTop = 0")
        page.press("n")
        page.panels(41)
        (new,) = set(page.order()) - {f"p{at}" for at in range(40)}
        page.page.wait_for_function("id => document.activeElement.dataset.id === id", arg=new)
        _comes_into_sight(page, new)
