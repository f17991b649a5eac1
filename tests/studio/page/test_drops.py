"""What a file manager drops on the board: folders too, which no page can make up."""

from pathlib import Path
from typing import Any

import pytest
from tests.studio.page.begun import Begun
from tests.studio.page.pages import COLORS, Open, still

pytestmark = pytest.mark.browser


def _drop(page: Any, path: Path, x: int, y: int) -> None:
    """As the system does it, at a place in the page."""
    client = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        given = {"type": kind, "x": x, "y": y, "data": data}
        client.send("Input.dispatchDragEvent", given)


def _pictures(folder: Path) -> Path:
    """Two pictures, in a folder in another one."""
    inside = folder / "day one" / "café"
    inside.mkdir(parents=True)
    for number, color in enumerate(COLORS[:2]):
        (inside / f"{number}.png").write_bytes(still(color))
    return folder / "day one"


def test_a_folder_of_pictures_is_shown_as_what_would_come(
    page: Open, begun: Begun, tmp_path: Path
) -> None:
    _drop(page.page, _pictures(tmp_path), 500, 300)
    page.page.wait_for_selector("dialog [aria-label=Changes] li >> nth=1")
    assert not begun.board.scenes
    page.page.click("text=Accept all")
    page.panels(2)
    assert [scene.heading for scene in begun.board.scenes] == ["day one/café"]
    assert page.page.locator("[role=alert]").count() == 0


def test_a_folder_is_dropped_on_the_window_for_what_comes_in(page: Open, tmp_path: Path) -> None:
    page.page.click("text=Script or timeline")
    box = page.page.locator("dialog .drop").bounding_box()
    assert box
    _drop(page.page, _pictures(tmp_path), int(box["x"]) + 20, int(box["y"]) + 10)
    page.page.wait_for_selector("dialog [aria-label=Changes] li >> nth=1")
    assert page.said == []
