"""Every format that the page offers is exported there, and read back by its own reader."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import opentimelineio as otio
import pytest
from PIL import Image
from tests.pages.browser import Page
from tests.pages.live import chromium
from tests.studio import boards
from tests.studio.page.pages import Open, TintingEngine, opened
from tests.studio.server.serving import served

from cut2next.studio.board import Board
from cut2next.studio.exchange.formats import FORMATS
from cut2next.studio.exchange.naming import panel_named
from cut2next.studio.operations import EditBoard, InsertScene, Several
from cut2next.studio.store import Store

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    # Of the adapter for FCP7 XML, from Python 3.12 on.
    pytest.mark.filterwarnings("ignore:Testing an element's truth value"),
]


@pytest.fixture
def store() -> Iterator[Store]:
    """A board of six panels in two scenes, one of them empty, one full of markup."""
    with closing(Store.in_memory()) as store:
        board = boards.board(store.pictures)
        scenes = [InsertScene(scene=scene, at=at) for at, scene in enumerate(board.scenes)]
        told = EditBoard(
            title=board.title,
            width=board.width,
            height=board.height,
            numbering=board.numbering,
        )
        store.do(Several(operations=(told, *scenes)))
        yield store


def test_every_format_leaves_the_page_and_is_read_back(store: Store, tmp_path: Path) -> None:
    board = store.board
    with (
        served(store, TintingEngine()) as client,
        chromium() as browser,
        opened(browser, f"http://127.0.0.1:{client.port}") as page,
    ):
        files = _exported(page, tmp_path)
        assert files.keys() == {each.id for each in FORMATS.values() if each.exporter}
        for format_id, file in files.items():
            READERS[format_id](_unpacked(file), board)
        for format_id, file in files.items():
            if FORMATS[format_id].importer:
                _brought_back(page, file, format_id)
                assert _kept(store.board, format_id) == _kept(board, format_id), format_id
        assert page.said == []


def _exported(page: Open, folder: Path) -> dict[str, Path]:
    """Every tile of the page is pressed, and its file taken."""
    page.page.click('[aria-label="In and out"]')
    tiles = page.page.locator("[data-format]")
    names = tiles.evaluate_all("all => all.map(each => each.dataset.format)")
    files = {}
    for name in names:
        page.page.click(f"[data-format={name}]")
        with page.page.expect_download(timeout=60_000) as coming:
            page.page.click("dialog >> text='Export'")
        files[name] = folder / name / coming.value.suggested_filename
        coming.value.save_as(files[name])
        page.page.wait_for_selector("text=is written")
    page.press("Escape")
    return files


def _unpacked(file: Path) -> Path:
    """The file itself, or that of a folder which a program opens; pictures are a folder."""
    if file.suffix != ".zip":
        return file
    folder = file.with_suffix("")
    with zipfile.ZipFile(file) as packed:
        assert packed.testzip() is None
        packed.extractall(folder)
    suffix = FORMATS[file.parent.name].suffix
    return next(folder.rglob(f"*{suffix}")) if suffix else folder


def _brought_back(page: Open, file: Path, format_id: str) -> None:
    """Onto the board, emptied: dropped, and all of it accepted."""
    page.press("Escape", "Control+a", "Delete")
    page.panels(0)
    page.drop_file("c2n-board", file.name, file.read_bytes(), "application/octet-stream")
    page.page.wait_for_selector("dialog >> text=Accept all")
    page.page.click("text=Accept all")
    page.panels(5 if format_id == "pictures" else 6)


def _kept(board: Board, format_id: str) -> list[tuple[object, ...]]:
    """What a format brings home of the panels: a folder of pictures knows of no other."""
    if format_id == "pictures":
        return [(panel.id, panel.picture.sha256) for panel in board.panels if panel.picture]
    if format_id == "edl":  # pictures come out of films
        return [(panel.id, panel.frames, panel.picture is None) for panel in board.panels]
    shown = [panel.picture and panel.picture.sha256 for panel in board.panels]
    told = [(panel.id, panel.frames, panel.action, panel.dialogue) for panel in board.panels]
    return list(zip(told, shown, strict=True))


def _timeline(path: Path, board: Board) -> None:
    timeline = otio.adapters.read_from_file(str(path))
    assert timeline.duration().to_frames() == board.frames
    ids = [found.id for clip in timeline.find_clips() if (found := panel_named(clip.name))]
    assert ids in (
        [panel.id for panel in board.panels if panel.picture],
        [panel.id for panel in board.panels],
    )


def _paper(path: Path, board: Board) -> None:
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")


def _page(path: Path, board: Board) -> None:
    page = Page(path)
    sources = page.all("img", "src")
    assert len(sources) == sum(panel.picture is not None for panel in board.panels)
    assert all((path.parent / source).is_file() for source in sources)
    assert boards.MARKUP.splitlines()[0] in page.text


def _film(path: Path, board: Board) -> None:
    with av.open(str(path)) as film:
        assert film.streams.video[0].average_rate == board.rate
        assert sum(1 for _ in film.decode(video=0)) == board.frames


def _storyboard(path: Path, board: Board) -> None:
    told = json.loads(path.read_text("utf-8"))
    assert len(told["boards"]) == len(list(board.panels))


def _pictures(path: Path, board: Board) -> None:
    files = sorted(path.rglob("*.png"))
    assert len(files) == sum(panel.picture is not None for panel in board.panels)
    for file in files:
        with Image.open(file) as image:
            image.verify()


READERS: dict[str, Callable[[Path, Board], Any]] = {
    **dict.fromkeys(("otio", "otioz", "fcp7", "edl"), _timeline),
    "pdf": _paper,
    "html": _page,
    "storyboarder": _storyboard,
    "pictures": _pictures,
    "animatic": _film,
}
