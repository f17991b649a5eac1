"""Boards over HTTP: exported in every format, brought back as a difference, films, suggestions."""

import asyncio
import io
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse
from PIL import Image
from tests.studio.jobs.boards import begun, png
from tests.studio.server.serving import FORM, form, served

from cut2next.film import installation
from cut2next.studio.board import Board, Panel
from cut2next.studio.continuity import Continuity
from cut2next.studio.exchange.format import Imported
from cut2next.studio.exchange.formats import FORMATS
from cut2next.studio.operations import EditPanel, InsertPanel, RemovePanel
from cut2next.studio.server import exchange_routes
from cut2next.studio.store import Store

_READERS = ("av>=15", "opencv-python-headless>=4.10")
WRITTEN = [each.id for each in FORMATS.values() if each.exporter]


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.in_memory()
    begun(store)
    yield store
    store.close()


@pytest.mark.parametrize("format", WRITTEN)
def test_every_format_is_given_and_what_is_read_comes_back_alike(store: Store, format: str) -> None:
    with served(store) as here:
        before = here.get("/api/board")
        data = here.get(f"/api/export/{format}")
        said = here.headers["content-disposition"]
        assert said.startswith("attachment; filename=")
        assert data
        assert here.get("/api/board") == before
        if FORMATS[format].is_folder:
            assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
        if FORMATS[format].importer is None:
            return
        name = said.partition('filename="')[2].rstrip('"')
        told = here.post(f"/api/import?format={format}", form((name, data)), **FORM)
        assert not told["board_is_empty"]
        kinds = {change["kind"] for change in told["difference"]}
        if format == "pictures":  # which has nothing of an empty panel
            kinds -= {"gone"}
        assert not kinds & {"new", "gone", "moved", "retimed"}, told["difference"]


def test_what_may_be_long_is_written_in_a_thread(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_loop: list[bool] = []
    render = JSONResponse.render

    def rendered(answer: JSONResponse, content: object) -> bytes:
        on_loop.append(asyncio._get_running_loop() is not None)
        return render(answer, content)

    monkeypatch.setattr(JSONResponse, "render", rendered)
    with served(store) as here:
        data = here.get("/api/export/otioz")
        here.get("/api/board")
        here.post("/api/jobs", {"panels": ["p2"], "maker": "tint", "count": 16})
        here.get("/api/jobs")
        here.ask("DELETE", "/api/jobs")
        here.post("/api/import?format=otioz", form(("board.otioz", data)), **FORM)
        here.post("/v1/images/edits", form(("a.png", png()), field="image", prompt="a"), **FORM)
        here.get("/api/films")
    assert on_loop == [False] * 7


def test_what_changed_in_an_edit_is_accepted_as_one_step_of_undo(store: Store) -> None:
    with served(store) as here:
        data = here.get("/api/export/otioz")
        panel = store.board.by_id["p1"]
        here.ask("POST", "/api/undo", {})  # nothing on the board: all of it is new
        told = here.post("/api/import?format=otioz", form(("board.otioz", data)), **FORM)
        assert told["board_is_empty"]
        here.post(f"/api/import/{told['kept']}/accept", {"changes": None})
        assert store.board.by_id["p1"].picture == panel.picture
        store.do(EditPanel(panel=replace(store.board.by_id["p1"], frames=99)))
        store.do(RemovePanel(id="p2"))
        told = here.post("/api/import?format=otioz", form(("board.otioz", data)), **FORM)
        retimed = [each for each in told["difference"] if each["kind"] == "retimed"]
        assert [each["panel"] for each in retimed] == ["p1"]
        accepted = f"/api/import/{told['kept']}/accept"
        here.post(accepted, {"changes": [retimed[0]["id"]]})
        assert store.board.by_id["p1"].frames == 24
        assert "p2" not in store.board.by_id
        assert here.refused("POST", accepted, {}) == 404
        here.post("/api/undo", {})
        assert store.board.by_id["p1"].frames == 99


def test_what_was_not_told_is_not_accepted(store: Store) -> None:
    with served(store) as here:
        data = here.get("/api/export/otioz")
        told = here.post("/api/import?format=otioz", form(("board.otioz", data)), **FORM)
        assert told["difference"] == []
        added = Panel(id="new", frames=1)
        store.do(InsertPanel(panel=added, scene="s1", at=0))
        here.post(f"/api/import/{told['kept']}/accept", {"changes": None})
        assert "new" in store.board.by_id
        told = here.post("/api/import?format=otioz", form(("board.otioz", data)), **FORM)
        assert [each["id"] for each in told["difference"]] == ["gone-new"]
        store.do(EditPanel(panel=replace(added, action="She has written to it.")))
        accepted = f"/api/import/{told['kept']}/accept"
        for changes in (None, ["gone-new"]):
            assert here.refused("POST", accepted, {"changes": changes}) == 409
        store.do(EditPanel(panel=replace(store.board.by_id["p1"], frames=99)))
        assert here.refused("POST", accepted, {"changes": ["retimed-p1"]}) == 409
        assert here.refused("POST", accepted, {"changes": ["retimed-nobody"]}) == 400
        assert {"new", "p1"} <= store.board.by_id.keys()
        here.post("/api/undo", {})
        here.post("/api/undo", {})
        here.post(accepted, {"changes": None})
        assert "new" not in store.board.by_id


def test_one_import_is_read_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reading: list[int] = []
    most: list[int] = []

    def slow(*_: object) -> Imported:
        reading.append(1)
        most.append(len(reading))
        time.sleep(0.3)
        reading.pop()
        return Imported(board=Board())

    monkeypatch.setattr(exchange_routes, "import_file", slow)
    with served(store) as here, ThreadPoolExecutor(3) as pool:
        body = form(("a.png", png()))
        asked = [pool.submit(here.ask, "POST", "/api/import", body, **FORM) for _ in range(3)]
        assert [each.result()[0] for each in asked] == [200] * 3
    assert most == [1] * 3


@pytest.mark.parametrize(
    "body",
    [
        form(),
        form(("../x.otio", b"{}")),
        form(("/etc/x.otio", b"{}")),
        form(("x.otio", b"no timeline")),
        form(("x.zip", b"no zip")),
        form(("x.otio", b"{}"), ("y.edl", b"")),
        form(("x.svg", b"<svg/>")),
        form(("a", b"x"), ("a/b.png", b"x")),
        form(("a/b.png", b"x"), ("a", b"x")),
        form(("a.png", png("red")), ("a.png", png("blue"))),
        b"--x",
    ],
)
def test_what_is_no_board_is_refused(store: Store, body: bytes) -> None:
    with served(store) as here:
        before = here.get("/api/board")
        assert here.refused("POST", "/api/import", body, **FORM) == 400
        assert here.refused("POST", "/api/import?format=none", body, **FORM) == 400
        assert here.get("/api/board") == before
        assert here.refused("GET", "/api/export/none") == 404
        assert here.refused("GET", "/api/export/otio?nothing=1") == 400


def test_a_frame_of_a_dropped_film_becomes_a_picture(store: Store, tmp_path: Path) -> None:
    from tests.studio.server.film import film

    with served(store) as here:
        assert here.get("/api/films") == []
        kind = {"Content_Type": "application/octet-stream"}
        dropped = here.post("/api/films?name=../a%20film.mp4", film(tmp_path), **kind)
        assert (dropped["name"], dropped["width"], dropped["height"]) == ("a film.mp4", 64, 48)
        assert here.get("/api/films") == [dropped]
        id = dropped["id"]
        shown = Image.open(io.BytesIO(here.get(f"/api/films/{id}/frame?at=0.6&width=32")))
        assert (shown.format, shown.width) == ("JPEG", 32)
        assert shown.convert("RGB").getpixel((8, 8))[2] > 150  # type: ignore[index]  # blue from 0.5 s on
        picture = here.post(f"/api/films/{id}/frames", {"at": "0.1"})
        assert (picture["origin"], picture["source"]) == ("camera", "a film.mp4, 0:00")
        red = store.pictures.folder / picture["sha256"]
        assert Image.open(red).convert("RGB").getpixel((8, 8))[0] > 150  # type: ignore[index]
        assert here.refused("POST", "/api/films", b"no film", **kind) == 400
        assert here.refused("GET", "/api/films/nobody/frame") == 400
        assert here.refused("POST", f"/api/films/{id}/frames", {"at": "soon"}) == 400
        assert len(here.get("/api/films")) == 1


@pytest.mark.parametrize("module", ["av", "cv2"])
def test_films_without_what_reads_them_are_a_sentence(
    module: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.studio.server.film import film

    data = film(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    for each in ("video", "colour", "picture"):
        monkeypatch.delitem(sys.modules, f"cut2next.films.{each}", raising=False)
    told = [f"{each}; extra == '{extra}'" for extra in ("data", "studio") for each in _READERS]
    monkeypatch.setattr(installation, "_requirements", lambda: told)
    with served(store) as here:
        kind = {"Content_Type": "application/octet-stream"}
        status, answer = here.ask("POST", "/api/films?name=a.mp4", data, **kind)
        assert status == 400
        assert answer["error"].endswith(
            "expected it, to read films; pip install 'cut2next[studio]'"
        )
        assert here.get("/api/films") == []


def test_prompts_are_suggested_from_templates(store: Store) -> None:
    with served(store) as here:
        told = here.post("/api/suggest", {"panel": "p2", "patterns": ["cut-out"]})
        assert told["by"] == "templates"
        assert told["prompt"]["next"]["summary"].startswith("Wide shot")
        assert "cut-out" in told["prompt"]["relational"]["transition"]
        assert here.refused("POST", "/api/suggest", {"panel": "nobody"}) == 404


def test_continuity_says_nothing_of_one_picture(store: Store) -> None:
    with served(store) as here:
        assert here.get("/api/continuity") == []


def test_whoever_waits_for_the_judge_holds_nobody_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = threading.Event()
    monkeypatch.setattr(Continuity, "remarks", lambda *_: judged.wait(20) and [])
    with served(store) as here:
        waiting = [
            threading.Thread(target=here.get, args=("/api/continuity",))
            for _ in range(40)  # more than a loop has threads
        ]
        for thread in waiting:
            thread.start()
        time.sleep(1)
        begun_at = time.monotonic()
        here.get("/api/board")
        assert time.monotonic() - begun_at < 10
        judged.set()
        for thread in waiting:
            thread.join()
