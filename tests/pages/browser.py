"""What every page must keep: whole, escaped, with all its pictures, and nothing from a network."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

_VOID = {"meta", "img", "input", "br", "link", "hr"}
EVIL = "\"'></script><script>alert(1)</script><img src=x onerror=alert(1)>{{ 777 * 777 }}"
"""A text that would do harm if it were not escaped."""


class Page(HTMLParser):
    """Reads a page and holds what is in it; fails where tags do not close as they opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.source = path.read_text(encoding="utf-8")
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(self.source)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All that is read, without the tags."""
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, attribute: str) -> list[str]:
        """The values of an attribute of all elements of a kind."""
        return [one[attribute] or "" for name, one in self.tags if name == tag and attribute in one]


def check(path: Path) -> Page:
    """The page at a path, which must open from disk with all that belongs to it."""
    page = Page(path)
    assert "https://" not in page.source
    assert "http://" not in page.source
    sources = page.all("img", "src") + [
        one for pictures in page.all("rect", "data-pictures") for one in pictures.split()
    ]
    for source in sources:
        with Image.open(path.parent / source) as image:
            image.verify()
    ids = [one["id"] for _, one in page.tags if "id" in one]
    assert len(ids) == len(set(ids))
    for link in page.all("a", "href"):
        target, _, anchor = link.partition("#")
        assert (path.parent / target).exists()
        assert not anchor or anchor in ids
    assert all("alt" in one for tag, one in page.tags if tag == "img")
    return page


def in_browser(path: Path, script: str, *, before: str = "") -> Page:
    """The page as Chromium has it, scripts of the test run before and after its own.

    Skips the test where there is no Chromium.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    tested = path.with_name("tested.html")
    # The page allows no script but its own.
    source = re.sub(r"<meta http-equiv[^>]*>", "<!-- -->", path.read_text(encoding="utf-8"))
    source = source.replace("<!-- -->", f"<script>{before}</script>")
    tested.write_text(source.replace("</body>", f"<script>{script}</script></body>"), "utf-8")
    profile = path.parent / "profile"
    asked = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    ran = subprocess.run(
        [*asked, "--virtual-time-budget=2000", "--dump-dom", tested.as_uri()],
        capture_output=True,
        timeout=120,
        check=True,
    )
    seen = path.with_name("seen.html")
    seen.write_bytes(ran.stdout)
    return Page(seen)
