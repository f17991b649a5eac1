"""docs/studio.md: its pictures are there and small, its keys are the page's."""

import re
from pathlib import Path

MOST = 400_000


def test_its_pictures_are_there_and_small(project: Path) -> None:
    docs = project / "docs"
    guide = (docs / "studio.md").read_text("utf-8")
    named = set(re.findall(r"studio/\w+\.jpg", guide))
    assert {f"studio/{path.name}" for path in (docs / "studio").iterdir()} == named
    assert all(10_000 < (docs / name).stat().st_size < MOST for name in named)


def test_its_keys_do_something(project: Path) -> None:
    guide = (project / "docs" / "studio.md").read_text("utf-8")
    table = (project / "src/cut2next/studio/page/js/keys.js").read_text("utf-8")
    letters = re.findall(r"^\| `(\S.*?)` \|", guide, re.MULTILINE)
    keys = {key for entry in letters for key in re.findall(r"\b[A-Z]\b", entry)}
    assert keys >= {"C", "K", "B", "V", "N"}
    assert all(re.search(rf'on: "(S\+|C\+)?{key.lower()}"', table) for key in keys - set("XJL"))
