"""The page of a rater in a real browser: by keys and by touch, resumed, cut off, foreign text."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.cutbench.study.serving import served
from tests.cutbench.study.studies import furnished
from tests.pages.browser import EVIL
from tests.pages.live import chromium, serious_faults

from cut2next.cutbench.study.order import Side, turns
from cut2next.cutbench.study.votes import Vote, Votes, open_votes

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 375, "height": 720}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for all tests."""
    with chromium() as started:
        yield started


@dataclass
class Open:
    """A study and a page on it; `said` is what the browser complained of."""

    page: Any
    votes: Votes
    said: list[str]

    def begin(self, name: str = "Anna") -> None:
        """To the first question."""
        self.page.fill("#name", name)
        self.page.click("text=Begin")
        self.go_on()

    def go_on(self, done: int = 0) -> None:
        """Past what is said before a part."""
        self.page.click("#start-part")
        self.there(done)

    def there(self, done: int = 0) -> None:
        """Waits until the pictures after so many answers are shown."""
        self.page.wait_for_selector(answered(done))
        self.page.wait_for_selector("#pictures:not(.coming)")

    def given(self) -> list[Vote]:
        """The votes, in the order that their rater was asked."""
        votes = {(vote.rater, vote.key): vote for vote in self.votes.given()}
        study, raters = self.votes.study, self.votes.raters()
        asked = [
            (rater.number, turn.key) for rater in raters for turn in turns(study, rater.number)
        ]
        return [votes[key] for key in asked if key in votes]


@pytest.fixture
def opened(browser: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Open]:
    """A page in a new browser of a size; three pairs, twice."""
    size = getattr(request, "param", DESK)
    desk = furnished(tmp_path, size=(1024, 576), cases=4, text=EVIL)
    votes = open_votes(tmp_path / "votes.sqlite", desk.study(items=3, repeats=1, checks=1))
    with served(desk, votes) as port, page_of(browser, size, port) as (page, said):
        yield Open(page, votes, said)
    votes.close()


def answered(done: int) -> str:
    """What finds how far a rater is."""
    return f'#far:text-is("{done} of 8 answered")'


@contextmanager
def page_of(browser: Any, size: dict[str, Any], port: int) -> Iterator[tuple[Any, list[str]]]:
    """A page in a context of its own, whose complaints are kept."""
    context = browser.new_context(**size, base_url=f"http://127.0.0.1:{port}")
    page, said = context.new_page(), []
    page.set_default_timeout(20_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto("/")
    yield page, said
    context.close()


def test_a_rater_goes_through_by_keys_alone(opened: Open) -> None:
    page = opened.page
    page.wait_for_selector("#name:focus")
    page.keyboard.type("Änna")
    page.keyboard.press("Enter")
    page.wait_for_selector("#start-part")
    page.keyboard.press("Enter")
    keys = ["1", "2", "ArrowLeft", "ArrowRight"]
    for done, key in enumerate(keys):
        opened.there(done)
        page.keyboard.press("Enter")  # nothing is chosen yet
        page.keyboard.press("2" if key in "1ArrowLeft" else "1")
        page.keyboard.press(key)
        page.keyboard.press("Enter")
    page.wait_for_selector("text=Part 2 of 2")
    page.keyboard.press("Enter")
    for done in range(4, 8):
        opened.there(done)
        page.keyboard.press("2")
        page.keyboard.press("Enter")
    page.wait_for_selector("text=Thank you, Änna")
    left, right = Side.LEFT, Side.RIGHT
    assert [vote.side for vote in opened.given()] == [left, right, left, right] + [right] * 4
    assert opened.said == []


@pytest.mark.parametrize("opened", [PHONE], indirect=True)
def test_a_phone_shows_one_below_the_other_and_is_answered_by_touch(opened: Open) -> None:
    page = opened.page
    opened.begin()
    boxes = [page.locator(name).bounding_box() for name in ("#current", "#left", "#right")]
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"]
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    for done, name in enumerate(("#right", "#left", "#right", "#left")):
        opened.there(done)
        assert page.evaluate("scrollY") == 0
        assert page.locator("#next").is_disabled()
        page.locator(name).tap()
        button = page.locator("#next").bounding_box()
        assert button["y"] + button["height"] <= 720
        assert button["height"] >= 44
        page.locator("#next").tap()
    page.wait_for_selector("text=Part 2 of 2")
    left, right = Side.LEFT, Side.RIGHT
    assert [vote.side for vote in opened.given()] == [right, left, right, left]
    assert opened.said == []


def test_a_window_holds_all_of_a_question_side_by_side(opened: Open) -> None:
    page = opened.page
    opened.begin()
    for part in range(2):
        boxes = [page.locator(name).bounding_box() for name in ("#current", "#left", "#right")]
        current, left, right = boxes
        assert left["y"] == right["y"] >= current["y"] + current["height"]
        assert left["x"] + left["width"] <= right["x"]
        assert {round(box["width"] / box["height"], 1) for box in boxes} == {1.8}
        assert (left["width"], left["height"]) == (right["width"], right["height"])
        button = page.locator("#next").bounding_box()
        assert button["y"] + button["height"] <= 800
        if part == 0:
            for done in range(4):
                opened.there(done)
                page.click("#left")
                page.click("#next")
            opened.go_on(4)


def test_how_the_cut_was_asked_for_is_shown_in_its_own_question_and_stays_text(
    opened: Open,
) -> None:
    page = opened.page
    opened.begin()
    for done in range(4):
        opened.there(done)
        assert "A cut of number" not in page.locator("body").inner_text()
        assert page.locator("#cut").is_hidden()
        page.click("#left")
        page.click("#next")
    opened.go_on(4)
    assert EVIL in page.locator("#prompt").inner_text()
    assert page.locator("#patterns dt").inner_text()
    assert page.locator("#asking script").count() == 0
    assert opened.said == []


def test_a_closed_page_goes_on_where_it_was_and_a_link_does_elsewhere(
    opened: Open, browser: Any
) -> None:
    page = opened.page
    opened.begin()
    page.click("#left")
    page.click("#next")
    opened.there(1)
    shown = page.locator("#left").get_attribute("src")
    link = page.locator("#foot a.own").get_attribute("href")
    again = page.context.new_page()
    page.close()
    again.goto("/")
    again.wait_for_selector(answered(1))
    assert again.locator("#left").get_attribute("src") == shown
    port = int(again.url.split(":")[2].strip("/"))
    with page_of(browser, DESK, port) as (other, _):
        other.goto(link)
        other.wait_for_selector(answered(1))
        assert other.locator("#left").get_attribute("src") == shown
        other.click("#leave")
        other.click("#leaving button[value=leave]")
        other.wait_for_selector("#name")
        other.fill("#name", "anna")
        other.click("text=Begin")
        other.wait_for_selector("text=anna has begun already")


def test_a_double_click_is_one_vote_and_two_windows_stay_in_step(opened: Open) -> None:
    page = opened.page
    opened.begin()
    other = page.context.new_page()
    other.goto("/")
    other.click("#start-part")
    other.wait_for_selector("#pictures:not(.coming)")
    page.click("#right")
    page.dblclick("#next", delay=0)
    opened.there(1)
    assert [vote.side for vote in opened.given()] == [Side.RIGHT]
    other.click("#left")
    other.click("#next")
    other.wait_for_selector("text=That one was answered before; here is the next.")
    other.wait_for_selector(answered(1))
    assert [vote.side for vote in opened.given()] == [Side.RIGHT]


def test_a_vote_that_got_lost_on_the_way_is_sent_again(opened: Open) -> None:
    page = opened.page
    opened.begin()
    page.route("**/api/votes", lambda route: route.abort())
    page.click("#right")
    page.click("#next")
    page.wait_for_selector("text=this is not kept yet")
    assert opened.given() == []
    page.unroute("**/api/votes")
    page.keyboard.press("Enter")
    opened.there(1)
    assert [vote.side for vote in opened.given()] == [Side.RIGHT]
    assert not page.locator("#notice").inner_text()


def test_pictures_appear_together_or_are_asked_for_again(opened: Open) -> None:
    page = opened.page
    page.route("**/pictures/*/right", lambda route: route.abort())
    page.fill("#name", "Anna")
    page.click("text=Begin")
    page.click("#start-part")
    page.wait_for_selector("text=A picture did not come")
    assert page.locator("#pictures").evaluate("one => getComputedStyle(one).opacity") == "0"
    page.keyboard.press("1")
    assert page.locator("#next").is_disabled()
    page.unroute("**/pictures/*/right")
    page.click("text=Try again")
    opened.there()
    assert opened.given() == []


@pytest.mark.parametrize("opened", [DESK, PHONE], indirect=True, ids=["window", "phone"])
def test_axe_finds_nothing_serious_on_any_screen(opened: Open) -> None:
    page, faults = opened.page, {}
    page.wait_for_selector("#name")
    faults["welcome"] = serious_faults(page)
    page.fill("#name", "Anna")
    page.click("text=Begin")
    page.wait_for_selector("#start-part")
    faults["part"] = serious_faults(page)
    for part in range(2):
        opened.go_on(4 * part)
        for done in range(4 * part, 4 * part + 4):
            opened.there(done)
            page.click("#left")
            if done % 4 == 0:
                page.wait_for_timeout(300)  # until it has faded in
                faults[f"question {part}"] = serious_faults(page)
            page.click("#next")
    page.wait_for_selector("text=Thank you")
    faults["thanks"] = serious_faults(page)
    page.click("#leave")
    faults["leaving"] = serious_faults(page)
    assert not any(faults.values()), faults
