"""What keys do on the page, held, pressed twice or in fields; and where the focus is after."""

from typing import Any

import pytest
from tests.studio.page.begun import Begun, until
from tests.studio.page.pages import Open, opened, still

pytestmark = pytest.mark.browser


def _chosen(page: Open) -> list[str]:
    """Ids of the panels that are chosen."""
    script = "all => all.map(each => each.dataset.id)"
    ids: list[str] = page.page.locator("c2n-panel[aria-selected=true]").evaluate_all(script)
    return ids


def _lose_first_answer(page: Open) -> None:
    """The server hears the next question for jobs, and the page never hears the answer."""
    lost: list[Any] = []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.page.route("**/api/jobs", lose)


def test_jobs_whose_answer_was_lost_are_not_made_twice(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url) as page:
        _lose_first_answer(page)
        page.page.locator("c2n-table .tile").first.click()
        with page.page.expect_response("**/api/jobs"):
            page.page.click("text=Try again")
        assert len(furnished.store.jobs()) == 1


def test_a_key_that_is_held_asks_once_but_goes_on_with_arrows(
    browser: Any, furnished: Begun
) -> None:
    with opened(browser, furnished.url) as page:
        keyboard = page.page.keyboard
        for _ in range(4):
            keyboard.down("ArrowRight")
        keyboard.up("ArrowRight")
        assert _focused(page) == "p3"
        page.press("Home")
        for _ in range(4):
            keyboard.down("c")
        keyboard.up("c")
        page.page.wait_for_selector("#told:has-text('asked for')", state="attached")
        page.page.wait_for_selector(".choice[role=radio] >> nth=4")
        assert len(furnished.store.jobs()) == 5


def test_a_panel_that_is_removed_twice_at_once_is_removed_once(
    browser: Any, furnished: Begun
) -> None:
    with opened(browser, furnished.url) as page:
        # Within one task, so that the second comes before anything is heard of the first.
        page.page.evaluate(
            """() => {
              for (const _ of "12") {
                const key = { key: "Delete", bubbles: true, cancelable: true };
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", key));
              }
            }"""
        )
        page.panels(3)
        page.press("End", "n")  # queued behind both
        page.panels(4)
        assert page.page.locator("[role=alert]").count() == 0
        assert [panel.id for panel in furnished.panels][:3] == ["p1", "p2", "p3"]


def test_several_are_chosen_from_where_one_is_after_a_removal(
    browser: Any, furnished: Begun
) -> None:
    with opened(browser, furnished.url) as page:
        page.press("End", "ArrowLeft", "Delete")
        page.panels(3)
        page.press("Shift+ArrowLeft")
        until(lambda: _chosen(page) == ["p1", "p3"])


def test_a_slider_has_its_own_keys(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url) as page:
        page.page.click("summary:has-text('Seed and strengths')")
        page.page.focus("[data-name='strength relational']")
        page.press("ArrowRight", "ArrowRight")
        until(lambda: furnished.panels[0].way.strengths.relational == 1.1)
        page.press("Home")
        until(lambda: furnished.panels[0].way.strengths.relational == 0)
        assert (_focused(page), _chosen(page)) == ("strength relational", ["p0"])


def test_what_removes_a_panel_does_so_from_the_board_alone(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url) as page:
        page.page.focus("[data-name=replace]")
        page.press("Backspace", "Delete")
        page.press("Control+a")  # takes the focus to the board
        assert _focused(page) == "p0"
        page.press("Escape", "Backspace")
        page.panels(3)
        page.page.click("c2n-continuity .beat >> nth=2")  # goes to it on the board
        page.press("Delete")
        page.panels(2)
        assert [panel.id for panel in furnished.panels] == ["p1", "p2"]


def test_what_comes_while_somebody_writes_leaves_them_there(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url) as page:
        coming = _held(page, "**/api/pictures?source=*")
        page.drop_file("c2n-board", "late.png", still("olive"))
        until(lambda: page.page.evaluate("1") and coming)
        page.press("Enter", "Control+a")
        page.page.keyboard.type("nobody")
        coming.pop().continue_()
        page.panels(5)
        page.page.wait_for_selector(".toast:has-text('1 panel added')")
        page.page.keyboard.type(" can come back")
        assert _focused(page) == "action"
        page.press("Escape")
        until(lambda: furnished.panels[0].action == "nobody can come back")
        assert (len(furnished.panels), furnished.store.jobs()) == (5, [])


def test_what_comes_late_leaves_who_went_on_where_they_are(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url) as page:
        coming = _held(page, "**/api/pictures?source=*")
        page.drop_file("c2n-board", "late.png", still("olive"))
        until(lambda: page.page.evaluate("1") and coming)
        page.press("ArrowRight")
        coming.pop().continue_()
        page.page.wait_for_selector(".toast:has-text('1 panel added')")
        assert (_focused(page), _chosen(page)) == ("p1", ["p1"])
        page.press("n")
        page.panels(6)
        until(lambda: _chosen(page) == [page.order()[2]])


def test_cancelling_goes_on_by_keyboard_while_jobs_run(browser: Any, furnished: Begun) -> None:
    furnished.engine.wait = 0.3
    with opened(browser, furnished.url) as page:
        page.press("c")
        page.page.wait_for_selector("c2n-table .choice.coming >> nth=4")
        page.page.wait_for_selector("c2n-table >> text=Step 1 of 3")
        page.page.locator("c2n-table .coming button").first.focus()
        page.page.wait_for_selector("c2n-table >> text=Step 2 of 3")
        assert _focused(page) == "Cancel"
        page.page.focus("[aria-label^='Next shots being made']")
        page.press("Enter")
        page.page.locator("dialog li button").nth(1).focus()
        page.press("Enter")
        page.page.wait_for_selector("dialog li:has-text('Cancelled')")
        assert _focused(page) == "Cancel the next shot for panel 2"
        page.page.wait_for_selector("dialog li:has-text('Done')")
        assert _focused(page) == "Cancel the next shot for panel 2"


def test_the_focus_comes_back_from_cast_and_places(browser: Any, furnished: Begun) -> None:
    with opened(browser, furnished.url) as page:
        page.page.click("summary:has-text('Cast and places')")
        page.page.focus("[data-name=cast]")
        page.press("Enter")
        page.page.click("dialog .foot >> text=Place")
        page.page.wait_for_selector("dialog .figure >> nth=1")
        page.page.keyboard.type("Bench")
        page.press("Tab")
        until(lambda: len(furnished.board.figures) == 2)
        page.page.wait_for_selector("c2n-inspector .chip:has-text('Bench')")
        page.page.wait_for_timeout(1000)  # what follows a change is drawn
        page.press("Escape")
        page.page.wait_for_selector("dialog", state="detached")
        assert _focused(page) == "p0"


def test_a_panel_is_moved_and_removed_by_the_keyboard_beside_it(
    browser: Any, furnished: Begun
) -> None:
    with opened(browser, furnished.url) as page:
        page.page.focus("[aria-label='Move it later']")
        page.press("Enter")
        page.page.wait_for_selector("c2n-inspector h2:text('Panel 2')")
        assert _focused(page) == "move 1"
        page.press("Enter")
        until(lambda: [len(scene.panels) for scene in furnished.board.scenes] == [1, 3])
        assert _focused(page) == "move 1"
        page.page.focus("[aria-label='Remove the panel']")
        page.press("Enter")
        page.panels(3)
        until(lambda: _focused(page) == "p2")


def test_the_focus_is_on_the_board_as_it_fills_and_empties(page: Open) -> None:
    page.page.focus("text=Choose pictures")
    with page.page.expect_file_chooser() as asked:
        page.press("Enter")
    asked.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": still()})
    page.panels(1)
    until(lambda: _focused(page) == page.order()[0])
    page.press("Control+a", "Delete")
    page.panels(0)
    until(lambda: _focused(page) == "Add a panel to the scene")
    page.press("Enter")
    page.panels(1)


def _held(page: Open, url: str) -> list[Any]:
    """Questions that wait to go on."""
    held: list[Any] = []
    page.page.route(url, lambda route: held.append(route))
    return held


def _focused(page: Open) -> str:
    """The id or the name of what has the focus; "BODY" when nothing has."""
    script = """() => {
      const { dataset, ariaLabel, textContent, tagName } = document.activeElement;
      return tagName === "BODY" ? tagName : dataset.id || dataset.name || ariaLabel || textContent;
    }"""
    name: str = page.page.evaluate(script)
    return name
