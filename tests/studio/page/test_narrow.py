"""Narrow windows and phones: what the bar has no room for is one press away."""

from typing import Any

import pytest
from tests.pages.live import serious_faults
from tests.studio.page.begun import Begun, until
from tests.studio.page.pages import PHONE, opened

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 880, "height": 700}, "color_scheme": "light"}
ENTRIES = [
    *("The board", "Find", "Do it again", "Frame of a film"),
    *("Cast and places", "Dark or light", "Keys"),
]


def _entries(page: Any) -> list[str]:
    """What the menu says, once it is opened."""
    page.click("[aria-label=More]")
    page.wait_for_selector(".menu button >> nth=0")
    said: list[str] = page.locator(".menu button:visible").all_inner_texts()
    return [each.splitlines()[0] for each in said]


@pytest.mark.parametrize(("size", "count"), [(TABLET, 2), (PHONE, 7)], ids=["tablet", "phone"])
def test_what_the_bar_has_no_room_for_is_one_press_away(
    browser: Any, furnished: Begun, size: dict[str, Any], count: int
) -> None:
    with opened(browser, furnished.url, size) as opened_page:
        page = opened_page.page
        assert _entries(page) == ENTRIES[:count]
        assert serious_faults(page) == []
        page.click(".menu >> text=The board")
        page.select_option("dialog select >> nth=0", "25")
        page.click("dialog >> text=Set")
        until(lambda: furnished.board.rate == 25)
        page.click("[aria-label=Undo]")
        until(lambda: furnished.board.rate == 24)
        assert _entries(page) == ENTRIES[:count]
        opened_page.press("Escape")
        page.wait_for_selector(".menu", state="hidden")
        assert opened_page.said == []


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_find_is_shown_as_long_as_it_is_needed(
    browser: Any, furnished: Begun, size: dict[str, Any]
) -> None:
    with opened(browser, furnished.url, size) as opened_page:
        page = opened_page.page
        opened_page.press("/")
        page.keyboard.type("line 2")
        page.wait_for_selector("c2n-panel.lost >> nth=2")
        opened_page.press("Enter")
        page.wait_for_selector("c2n-panel[data-id=p2][aria-selected=true]")
        opened_page.press("Escape")
        page.wait_for_selector("c2n-panel.lost", state="detached")
        page.wait_for_selector(".search", state="hidden")
        _entries(page)
        page.click(".menu >> text=Find")
        assert page.locator(".search").is_visible()
        assert page.evaluate("document.activeElement.className") == "search"
        assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


def test_a_phone_does_again_what_was_taken_back(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url, PHONE) as opened_page:
        page = opened_page.page
        _entries(page)
        assert page.locator(".menu >> text=Do it again").is_disabled()
        opened_page.press("Escape")
        page.click("[aria-label=Undo]")
        until(lambda: not furnished.board.scenes)
        _entries(page)
        page.click(".menu >> text=Do it again")
        opened_page.panels(4)
        until(lambda: len(furnished.panels) == 4)
