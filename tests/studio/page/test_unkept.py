"""What is written while the server does not take it: it stays, and the newest of it is kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.studio.page.begun import Begun, until
from tests.studio.page.pages import Open, opened

pytestmark = pytest.mark.browser

STANDING = ".toast:has-text('not kept yet')"


@pytest.fixture
def page(browser: Any, furnished: Begun) -> Iterator[Open]:
    """A page on a board of four panels."""
    with opened(browser, furnished.url) as page:
        yield page


def _away(page: Open) -> None:
    """From now on no change arrives."""
    page.page.route("**/api/operations", lambda route: route.abort())


def _back(page: Open) -> None:
    page.page.unroute("**/api/operations")


def _write(page: Open, text: str) -> None:
    """Into the action of the chosen panel, which is then left."""
    page.press("Enter", "Control+a")
    page.page.keyboard.type(text)
    page.press("Escape")


def test_all_that_was_written_is_kept_at_one_press(page: Open, furnished: Begun) -> None:
    _away(page)
    for at in range(4):
        _write(page, f"text {at}")
        page.press("ArrowRight")
    page.page.wait_for_selector(".toast:has-text('4 things that you wrote')")
    assert page.page.locator(".toast").count() == 1
    page.press("Home")
    _shows(page, "[data-name=action]", "text 0")
    _back(page)
    page.page.click("text=Try again")
    until(lambda: [panel.action for panel in furnished.panels] == [f"text {at}" for at in range(4)])
    page.page.wait_for_selector(STANDING, state="detached")


def test_what_is_written_later_is_never_gone_back_from(page: Open, furnished: Begun) -> None:
    _away(page)
    _write(page, "first draft")
    page.press("ArrowRight")
    _write(page, "another")
    page.page.wait_for_selector(".toast:has-text('2 things')")
    page.press("ArrowLeft")
    _back(page)
    _write(page, "second draft")
    until(lambda: [panel.action for panel in furnished.panels][:2] == ["second draft", "another"])
    page.page.wait_for_selector(STANDING, state="detached")
    _write(page, "first draft")
    until(lambda: furnished.panels[0].action == "first draft")


def test_what_was_first_taken_back_is_not_sent_again(page: Open, furnished: Begun) -> None:
    before = furnished.panels[1].dialogue
    _away(page)
    page.press("ArrowRight")
    page.page.fill("[data-name=dialogue]", "changed")
    page.press("Escape")
    page.page.wait_for_selector(STANDING)
    page.page.fill("[data-name=dialogue]", before)
    page.press("Escape")
    _back(page)
    page.page.fill("[data-name=seconds]", "2")
    page.press("Tab")
    until(lambda: furnished.panels[1].frames == 48)
    page.page.wait_for_selector(STANDING, state="detached")
    assert furnished.panels[1].dialogue == before


def test_what_is_written_goes_when_the_link_is_back(page: Open, furnished: Begun) -> None:
    page.page.click("summary:has-text('Seed and strengths')")
    page.page.context.set_offline(True)
    page.page.evaluate("import('/js/studio.js').then(({ studio }) => { studio.linked = false; })")
    page.page.fill("[data-name=seed]", "7")
    page.press("Escape")
    page.page.wait_for_selector(STANDING)
    page.page.context.set_offline(False)
    page.page.evaluate(
        """import('/js/studio.js').then(({ studio }) => {
          studio.linked = true;
          studio.dispatchEvent(new CustomEvent("link"));
        })"""
    )
    until(lambda: furnished.panels[0].way.seed == 7)
    page.page.wait_for_selector(STANDING, state="detached")


def test_an_attribute_that_was_renamed_while_nothing_arrived_is_there_once(
    page: Open, furnished: Begun
) -> None:
    page.page.click("text=Add an attribute")
    page.page.keyboard.type("Lens")
    page.press("Tab")
    page.page.keyboard.type("35 mm")
    page.press("Escape")
    until(lambda: _attributes(furnished) == {"Lens": "35 mm"})
    page.press("ArrowRight", "ArrowLeft")
    _away(page)
    page.page.fill(".attributes input >> nth=0", "Mood")
    page.press("Tab")
    page.page.wait_for_selector(STANDING)
    page.press("Escape", "ArrowRight", "ArrowLeft")
    _shows(page, ".attributes input", "Mood")
    _back(page)
    page.page.fill(".attributes input >> nth=1", "calm")
    page.press("Escape")
    until(lambda: _attributes(furnished) == {"Mood": "calm"})
    page.page.wait_for_selector(STANDING, state="detached")


def _shows(page: Open, field: str, text: str) -> None:
    """Waits until a field has a text."""
    script = "([field, text]) => document.querySelector(field)?.value === text"
    page.page.wait_for_function(script, arg=[field, text])


def _attributes(furnished: Begun) -> dict[str, str]:
    """What the first panel shows, by name."""
    shows = furnished.panels[0].shows
    return dict(shows.attributes) if shows else {}
