"""Pictures for OpenAI's clients: what they are given, and what becomes of those who do not wait."""

import asyncio
import io
import json
import socket
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.studio.jobs.boards import PlainEngine, begun, png
from tests.studio.server.commanded import Commanded
from tests.studio.server.serving import FORM, Client, form, served, until

from cut2next.makers.maker import MakerError
from cut2next.studio.store import State, Store


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.in_memory()
    begun(store)
    yield store
    store.close()


def test_openais_clients_are_given_pictures_and_the_board_stays(store: Store) -> None:
    image = ("a.png", png("teal", (96, 64)))
    with served(store) as here:
        version = here.get("/api/board")["version"]
        body = form(image, field="image", prompt="Close up", n="2", seed="7", patterns="cut-in")
        told = here.post("/v1/images/edits", body, **FORM)
        assert [each["seed"] for each in told["data"]] == [7, 8]
        made = Image.open(io.BytesIO(b64decode(told["data"][0]["b64_json"])))
        assert made.size == (64, 48)
        body = form(image, field="image[]", prompt="Close up", size="128x64", model="tint")
        sized = here.post("/v1/images/edits", body, **FORM)["data"][0]["b64_json"]
        assert Image.open(io.BytesIO(b64decode(sized))).size == (128, 64)
        assert here.get("/api/board")["version"] == version
        jobs = here.get("/api/jobs")["jobs"]
        assert [job["panel"] for job in jobs] == [None] * 3
        assert json.dumps(jobs[2]["asked"]["prompt"]["relational"]).count("Close up") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"prompt": "x", "n": "11"},
        {"prompt": "x", "size": "9x9"},
        {"prompt": "x", "size": "large"},
        {"prompt": "x", "seed": "-1"},
        {"prompt": "x", "model": "gpt-image-1"},
        {"prompt": "x", "response_format": "url"},
        {"prompt": "x", "patterns": "jump"},
        {"prompt": "x", "current_strength": "nan"},
    ],
)
def test_edits_that_cannot_be_made_are_refused(store: Store, fields: dict[str, str]) -> None:
    with served(store) as here:
        body = form(("a.png", png()), field="image", **fields)
        assert here.refused("POST", "/v1/images/edits", body, **FORM) == 400
        assert here.refused("POST", "/v1/images/edits", form(**fields), **FORM) == 400


def test_a_maker_that_fails_is_told_to_openais_client(store: Store) -> None:
    engine = PlainEngine()
    engine.fault = MakerError("no light", expected="light", hint="wait")
    with served(store, engine) as here:
        body = form(("a.png", png()), field="image", prompt="x", n="3")
        assert here.refused("POST", "/v1/images/edits", body, **FORM) == 502
        assert not store.counts()[State.WAITING]


def test_pictures_of_a_client_that_has_gone_are_not_made(store: Store) -> None:
    engine = PlainEngine()
    engine.gate = asyncio.Event()
    body = form(("a.png", png()), field="image", prompt="x", n="3")
    head = (
        "POST /v1/images/edits HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: {FORM['Content_Type']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with served(store, engine) as here:
        with socket.create_connection(("127.0.0.1", here.port)) as client:
            client.sendall(head.encode() + body)
            until(lambda: store.counts()[State.RUNNING] == 1)
        until(lambda: store.counts()[State.CANCELLED] == 3)


def test_whoever_waits_while_the_studio_is_stopped_is_told(tmp_path: Path) -> None:
    studio = Commanded(tmp_path / "board")
    told: list[tuple[int, Any]] = []
    body = form(("a.png", png()), field="image", prompt="hang")
    port = int(studio.link.rstrip("/").rpartition(":")[2])
    asking = threading.Thread(
        target=lambda: told.append(Client(port).ask("POST", "/v1/images/edits", body, **FORM))
    )
    asking.start()
    until(lambda: any(job["state"] == "running" for job in studio.ask("GET", "jobs")["jobs"]))
    assert studio.end().splitlines() == [
        f"cut2next: {tmp_path / 'board'}: 0 panels; Ctrl-C ends it"
    ]
    asking.join()
    ((status, said),) = told
    assert status == 502
    assert said["error"].startswith("the studio was stopped; expected a picture; ")
