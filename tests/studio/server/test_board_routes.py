"""The board over HTTP: operations in order, undo, events that miss nothing, pictures."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from tests.studio.jobs.boards import begun, png
from tests.studio.server.serving import Client, served

from cut2next.studio.as_json import to_json
from cut2next.studio.server import board_routes
from cut2next.studio.server import events as telling
from cut2next.studio.store import Store


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    store = Store.in_memory()
    begun(store)
    yield store
    store.close()


@pytest.fixture(scope="module")
def here(store: Store) -> Iterator[Client]:
    with served(store) as client:
        yield client


def renamed(here: Client, title: str) -> dict[str, Any]:
    numbering = here.get("/api/board")["board"]["numbering"]
    facts = {"title": title, "width": 640, "height": 360, "numbering": numbering}
    return {"operation": {"op": "EditBoard", **facts}}


def test_the_board_is_told_with_numbers_and_sources(here: Client) -> None:
    told = here.get("/api/board")
    assert told["numbers"] == {"p1": "1", "p2": "2"}
    assert told["sources"] == {"p1": None, "p2": "p1"}
    assert [panel["id"] for panel in told["board"]["scenes"][0]["panels"]] == ["p1", "p2"]


def test_an_operation_is_done_undone_and_redone(here: Client) -> None:
    before = here.get("/api/board")
    done = here.post("/api/operations", renamed(here, "A tale"))
    assert done["version"] == before["version"] + 1
    assert done["can_undo"]
    assert here.get("/api/board")["board"]["title"] == "A tale"
    assert here.post("/api/undo", {})["can_redo"]
    assert here.get("/api/board")["board"] == before["board"]
    here.post("/api/redo", {})
    assert here.get("/api/board")["board"]["title"] == "A tale"
    assert here.refused("POST", "/api/redo", {}) == 409


def test_an_operation_for_a_board_that_was_is_refused(here: Client) -> None:
    late = {**renamed(here, "late"), "version": here.get("/api/board")["version"]}
    here.post("/api/operations", renamed(here, "sooner"))
    assert here.refused("POST", "/api/operations", late) == 409
    assert here.get("/api/board")["board"]["title"] == "sooner"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        (b"{", 422),
        ([], 422),
        ({"operation": {"op": "Nothing"}}, 422),
        ({"operation": {"op": "RemovePanel", "id": "nobody"}}, 400),
        ({"operation": {"op": "RemovePanel", "id": "p1"}, "more": 1}, 422),
        ({"operation": {"op": "EditPanel", "panel": {"id": "p1", "frames": 0}}}, 400),
        ({"operation": {"op": "RemovePanel", "id": "\ud800"}}, 400),
        (b"[" * 50_000, 400),
    ],
)
def test_what_is_no_operation_is_refused_and_changes_nothing(
    here: Client, body: object, status: int
) -> None:
    before = here.get("/api/board")
    assert here.refused("POST", "/api/operations", body) == status
    assert here.get("/api/board") == before


def test_events_tell_every_operation_and_go_on_where_one_was(here: Client) -> None:
    version = here.get("/api/board")["version"]
    with here.listening() as events:
        kind, hello = events.next()
        assert (kind, hello["version"]) == ("hello", version)
        here.post("/api/operations", renamed(here, "heard"))
        kind, told = events.next()
        assert (kind, told["kind"], told["version"]) == ("operation", "do", version + 1)
        assert told["operation"]["title"] == "heard"
        assert told["id"] == str(version + 1)
    here.post("/api/undo", {})
    for resumed in ({"query": f"?since={version}"}, {"Last_Event_ID": str(version)}):
        headers = {name.replace("_", "-"): at for name, at in resumed.items() if name != "query"}
        with here.listening(resumed.get("query", ""), **headers) as events:
            assert [events.next()[1]["kind"] for _ in range(2)] == ["do", "undo"]
    with here.listening("?since=99999") as events:
        assert events.next()[0] == "hello"


def test_numbers_are_told_when_they_change_and_once_to_whoever_comes_late(here: Client) -> None:
    version = here.get("/api/board")["version"]
    numbered = {"op": "InsertPanel", "panel": {"id": "n", "frames": 1}, "scene": "s1", "at": 0}
    changes = [renamed(here, "same numbers"), {"operation": numbered}, renamed(here, "again")]
    with here.listening() as events:
        events.next("hello")
        told = []
        for change in changes:
            here.post("/api/operations", change)
            told.append(events.next("operation")[1].get("numbers"))
    assert told == [None, {"n": "1", "p1": "2", "p2": "3"}, None]
    with here.listening(f"?since={version}") as events:
        late = [events.next("operation")[1].get("numbers") for _ in changes]
    assert late == [None, None, told[1]]
    here.post("/api/operations", {"operation": {"op": "RemovePanel", "id": "n"}})


def test_whoever_missed_more_than_a_board_is_told_to_read_that(
    here: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = here.get("/api/board")["version"]
    for title in ("one", "two"):
        here.post("/api/operations", renamed(here, title))
    monkeypatch.setattr(telling, "_LONG", 120)
    with here.listening(f"?since={version}") as late, here.listening(f"?since={version + 1}") as on:
        assert late.next() == ("hello", {"version": version + 2, "id": str(version + 2)})
        assert on.next()[0] == "operation"


def test_one_that_listens_where_many_do_is_told_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_routes, "_CLIENTS", 1)
    with served(store) as here, here.listening() as events:
        events.next("hello")
        assert here.refused("GET", "/api/events") == 503


def test_a_picture_comes_in_by_bytes_or_form_and_goes_out_small(here: Client) -> None:
    raw = here.post("/api/pictures?source=a&origin=drawn", png("red"), Content_Type="image/png")
    assert (raw["width"], raw["height"], raw["origin"], raw["source"]) == (64, 48, "drawn", "a")
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="C:\\\\a\\\\b.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + png("red") + b"\r\n--x--\r\n"
    )
    told = here.post("/api/pictures", form, Content_Type="multipart/form-data; boundary=x")
    assert told["sha256"] == raw["sha256"]
    assert told["source"] == "b.png"
    whole = here.get(f"/api/pictures/{raw['sha256']}")
    assert Image.open(BytesIO(whole)).format == "PNG"
    assert "immutable" in here.headers["cache-control"]
    small = here.post("/api/pictures", png("blue", (800, 600)), Content_Type="image/png")
    shown = Image.open(BytesIO(here.get(f"/api/pictures/{small['sha256']}?width=160")))
    assert (shown.format, shown.size) == ("JPEG", (160, 120))


@pytest.mark.parametrize("path", ["0" * 64, "../board.sqlite", "%2e%2e%2fboard.sqlite", "x"])
def test_nothing_but_pictures_is_given(here: Client, path: str) -> None:
    assert here.refused("GET", f"/api/pictures/{path}") in (400, 404)
    assert here.refused("GET", f"/api/pictures/{path}?width=160") in (400, 404)


@pytest.mark.parametrize("body", [b"", b"no picture", b"<svg/>", png()[:90]])
def test_what_is_no_picture_is_refused(here: Client, body: bytes) -> None:
    assert here.refused("POST", "/api/pictures", body, Content_Type="image/png") == 400


def test_words_makers_and_figures_are_told(here: Client) -> None:
    words = here.get("/api/words")
    assert len(words["patterns"]) == 5
    assert "24000/1001" in words["rates"]
    assert here.get("/api/makers") == [{"name": "tint", "ready": True, "words": "command:nobody"}]
    assert here.get("/v1/models")["data"][0]["id"] == "tint"
    assert here.get("/healthz")["ok"]
    assert b"cut2next_studio_panels 2" in here.get("/metrics")
    assert here.get("/api/openapi.json")["paths"]["/api/board"]
    assert here.refused("GET", "/nothing") == 404
    assert here.refused("PUT", "/api/board", {}) == 405


def test_a_disk_that_is_full_is_told_and_nothing_is_changed(
    here: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    from cut2next.studio.server import picture_routes

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    added = here.post("/api/pictures", png("pink"), Content_Type="image/png")
    monkeypatch.setattr(picture_routes, "as_jpeg", full)
    assert here.refused("GET", f"/api/pictures/{added['sha256']}?width=160") == 507


def test_a_picture_that_is_not_here_is_not_put_on_the_board() -> None:
    store = Store.in_memory()
    panel = to_json(begun(store).by_id["p1"])
    other = {**panel, "picture": {**panel["picture"], "sha256": "1" * 64}}
    scene = {"id": "s2", "panels": [{**other, "id": "p9"}]}
    with served(store) as here:
        for operation in (
            {"op": "EditPanel", "panel": other},
            {"op": "InsertScene", "scene": scene, "at": 0},
            {"op": "Several", "operations": [{"op": "EditPanel", "panel": other}]},
        ):
            assert here.refused("POST", "/api/operations", {"operation": operation}) == 400
        (store.pictures.folder / panel["picture"]["sha256"]).unlink()
        edited = {"op": "EditPanel", "panel": {**panel, "notes": "its file is gone"}}
        here.post("/api/operations", {"operation": edited})
    store.close()
