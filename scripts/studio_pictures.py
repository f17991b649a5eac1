"""docs/studio/*.jpg: the studio's page as it is, on a board of the film set.

A studio is begun as anybody would begin it, next shots are made by the model in the package, and
Chromium takes the pictures (Playwright drives it). To be made again when the page is new.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import repertoire_named

DOCS = Path(__file__).parents[1] / "docs" / "studio"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 780}
SETUPS = ("two", "medium close up b", "close up a")
NOAH = "<Noah> (black bob, glasses, orange sweater)"
BOTH = f"Two shot of <Priya> (brown bun, hat, purple sweater) and {NOAH} in the café"
FIGURES = (
    {"id": "noah", "kind": "person", "name": "Noah", "look": "black bob, glasses, orange sweater"},
    {"id": "priya", "kind": "person", "name": "Priya", "look": "brown bun, hat, purple sweater"},
    {"id": "cafe", "kind": "place", "name": "the café", "look": "blue walls, shelves, red seats"},
)


class Studio:
    """A studio's HTTP interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: object) -> Any:
        """POSTs JSON, or bytes as they are."""
        is_raw = isinstance(body, bytes)
        kind = "application/octet-stream" if is_raw else "application/json"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind, "Origin": self.url}
        with urlopen(Request(f"{self.url}/api/{path}", data, headers)) as answer:
            return json.load(answer)

    def do(self, *operations: dict[str, Any]) -> None:
        """Changes the board."""
        self.ask("operations", {"operation": {"op": "Several", "operations": operations}})

    def picture(self, setup: str) -> Any:
        """A still of the film set, on the board's pictures."""
        file = BytesIO()
        still(setup).save(file, "PNG")
        return self.ask(
            f"pictures?origin=drawn&source={setup.replace(' ', '-')}.png", file.getvalue()
        )


def still(setup: str) -> Image.Image:
    """Noah and Priya in the café, from one of its setups."""
    film_set = build_set(500007, repertoire=repertoire_named("café,day,natural,2"), aspect=2.4)
    named = {each.name: each for each in film_set.setups}
    return Image.fromarray(film_set.picture(named[setup], (1152, 480), 3))


@contextmanager
def begun(folder: Path) -> Iterator[Studio]:
    """`cut2next studio`, until the end."""
    command = [sys.executable, "-m", "cut2next", "studio", str(folder / "board")]
    with subprocess.Popen(
        [*command, "--port", "0", "--no-open"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        link = process.stdout.readline().decode()
        found = re.search(r"http://\S+?(?=/)", link + "/")
        assert found is not None, link
        try:
            yield Studio(found[0].rstrip("/"))
        finally:
            process.terminate()


def furnish(studio: Studio) -> None:
    """A board of six: stills, and panels that wait for a next shot."""
    two, noah, priya = (studio.picture(setup) for setup in SETUPS)
    panels = (
        {
            "frames": 72,
            "picture": two,
            "shows": {"summary": BOTH},
            "action": "The café. The telephone rings between them.",
        },
        {"frames": 36, "picture": noah, "dialogue": "PRIYA (off)\nAre you going to answer that?"},
        {"frames": 60, "picture": priya, "action": "She waits."},
        {
            "frames": 48,
            "action": "He does not move.",
            "way": {"source": "shot-0"},
            "figures": ["noah"],
            "shows": {"summary": f"Medium close up of {NOAH} in the café"},
        },
        {"frames": 48, "action": "The receiver, untouched."},
        {
            "frames": 96,
            "action": "From the street: two people at a table.",
            "dialogue": "NOAH\nIt is for you.",
        },
    )
    scene = {
        "id": "cafe-day",
        "heading": "INT. CAFÉ – DAY",
        "panels": [{"id": f"shot-{at}", **panel} for at, panel in enumerate(panels)],
    }
    titled = {"title": "The Telephone", "width": 1920, "height": 800, "numbering": "plain"}
    studio.do(
        *({"op": "PutFigure", "figure": figure} for figure in FIGURES),
        {"op": "InsertScene", "scene": scene, "at": 0},
        {"op": "EditBoard", **titled},
    )


def cut(page: Page) -> None:
    """Five ways to cut to the fourth panel; the second is looked at."""
    page.locator("c2n-panel").nth(3).click()
    page.keyboard.press("c")
    page.wait_for_selector(".choice[role=radio] >> nth=4", timeout=300_000)
    page.wait_for_selector(".choice.coming", state="detached", timeout=300_000)
    page.keyboard.press("2")
    page.wait_for_timeout(2500)  # for pictures, and the continuity of it all


def take(page: Page, name: str) -> None:
    """A picture of the page."""
    page.wait_for_timeout(600)
    page.screenshot(path=DOCS / f"{name}.jpg", type="jpeg", quality=82)


def take_all(page: Page) -> None:
    """Every picture at a desk."""
    page.wait_for_selector("body[data-ready]")
    cut(page)
    take(page, "board")
    page.keyboard.press("v")
    page.wait_for_selector(".compare img")
    page.wait_for_timeout(600)
    take(page, "compare")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.wait_for_timeout(800)
    page.keyboard.press("t")
    page.locator("c2n-panel").nth(1).click()
    take(page, "light")
    page.click('[aria-label="In and out"]')
    page.click("[data-format=pdf]")
    take(page, "exchange")
    page.keyboard.press("Escape")
    page.click('[aria-label="Play"]')
    page.wait_for_selector("dialog.player")
    page.keyboard.press("k")
    take(page, "player")
    page.keyboard.press("Escape")


def main() -> None:
    """Makes them all."""
    DOCS.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        TemporaryDirectory() as folder,
        begun(Path(folder)) as studio,
        sync_playwright() as running,
    ):
        furnish(studio)
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        dark = browser.new_context(viewport=DESK, base_url=studio.url, color_scheme="dark")
        page = dark.new_page()
        page.goto("/")
        take_all(page)
        phone = browser.new_context(
            viewport=PHONE,
            base_url=studio.url,
            color_scheme="dark",
            has_touch=True,
            is_mobile=True,
            device_scale_factor=2,
        )
        small = phone.new_page()
        small.goto("/")
        small.wait_for_selector("body[data-ready]")
        small.locator("c2n-panel").nth(1).tap()
        small.tap("c2n-actions >> text=Cut")
        take(small, "phone")
        browser.close()


if __name__ == "__main__":
    main()
