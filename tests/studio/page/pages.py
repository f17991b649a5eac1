"""A page on a board in a browser, and what it said; stills to put there."""

import asyncio
import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from cut2next.makers.maker import MakerError
from cut2next.studio.jobs.engine import StepTold
from cut2next.studio.store import Job

COLORS = ("steelblue", "sienna", "olive", "teal", "purple", "indianred", "goldenrod")

DESK = {"viewport": {"width": 1360, "height": 860}, "color_scheme": "dark"}
LIGHT = {**DESK, "color_scheme": "light"}
PHONE = {
    "viewport": {"width": 390, "height": 780},
    "has_touch": True,
    "is_mobile": True,
    "color_scheme": "dark",
}


@cache
def still(color: str = "steelblue") -> bytes:
    """A PNG that is told apart by its colour."""
    image = Image.new("RGB", (320, 180), color)
    ImageDraw.Draw(image).ellipse((120, 40, 200, 120), fill="bisque")
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


class TintingEngine:
    """Makes next shots of other colours, in three steps; see `Engine`."""

    devices = 1

    def __init__(self) -> None:
        self.wait = 0.02
        """Seconds a step."""
        self.fails = False
        self.made = 0

    async def run(self, job: Job, pictures: Sequence[bytes], step: StepTold) -> bytes:
        """A still of the next colour."""
        for done in range(3):
            step(done, 3)
            await asyncio.sleep(self.wait)
        if self.fails:
            raise MakerError("it is out of paint", expected="some", hint="wait for more")
        self.made += 1
        return still(COLORS[self.made % len(COLORS)])

    async def close(self) -> None:
        """There is nothing to end."""


@dataclass
class Open:
    """A page, and what the browser complained of."""

    page: Any
    said: list[str]

    def choose_file(self, button: str, name: str, data: bytes, kind: str = "image/png") -> None:
        """Presses a button that asks for a file, and gives one."""
        with self.page.expect_file_chooser() as asked:
            self.page.click(button)
        asked.value.set_files({"name": name, "mimeType": kind, "buffer": data})

    def drop_file(self, onto: str, name: str, data: bytes, kind: str = "image/png") -> None:
        """Drops a file on an element, as a file manager does."""
        script = """([text, name, kind]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const moved = new DataTransfer();
          moved.items.add(new File([bytes], name, { type: kind }));
          return moved;
        }"""
        given = [base64.b64encode(data).decode(), name, kind]
        moved = self.page.evaluate_handle(script, given)
        for event in ("dragover", "drop"):
            self.page.dispatch_event(onto, event, {"dataTransfer": moved})

    def panel(self, number: str) -> Any:
        """The panel with a number."""
        return self.page.locator("c2n-panel", has=self.page.locator(f'.number:text-is("{number}")'))

    def order(self) -> list[str]:
        """Ids of the panels as they stand."""
        script = "all => all.map(each => each.dataset.id)"
        ids: list[str] = self.page.locator("c2n-panel").evaluate_all(script)
        return ids

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def panels(self, count: int) -> None:
        """Waits until there are so many panels."""
        self.page.wait_for_function(
            "count => document.querySelectorAll('c2n-panel').length === count", arg=count
        )


@contextmanager
def opened(browser: Any, url: str, size: dict[str, Any] = DESK) -> Iterator[Open]:
    """The studio's page in a context of its own."""
    context = browser.new_context(**size, base_url=url)
    page, said = context.new_page(), []

    def asked(dialog: Any) -> None:
        said.append(dialog.message)
        dialog.accept()

    page.set_default_timeout(15_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", asked)
    try:
        page.goto("/", wait_until="commit", timeout=60_000)
        page.wait_for_selector("body[data-ready]", timeout=60_000)
        yield Open(page, said)
    finally:
        page.goto("about:blank")  # its events end before the server does
        context.close()
