"""A studio served for a test, and a program or page that speaks to it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, FastAPI
from tests.studio.jobs.boards import PlainEngine

from cut2next.makers.named import MakerChoice
from cut2next.pages.serving import listening
from cut2next.studio.jobs.engine import Engine
from cut2next.studio.server.app import app_of, furnished, server_of
from cut2next.studio.server.door import StudioDoor
from cut2next.studio.store import Store

MAKERS = {"tint": MakerChoice(name="tint", what="command:nobody")}


@contextmanager
def served(
    store: Store,
    engine: Engine | None = None,
    *,
    host: str = "127.0.0.1",
    key: str | None = None,
    study: FastAPI | None = None,
    curation: APIRouter | None = None,
) -> Iterator["Client"]:
    """Serves on loopback until the end. `host` is what the door believes."""
    engine = engine or PlainEngine()
    door = StudioDoor(host=host, key=key, cookie="cut2next-studio-test")
    with ExitStack() as open_:
        cache = Path(open_.enter_context(TemporaryDirectory()))
        at = open_.enter_context(listening("127.0.0.1", 0))
        services = furnished(store, engine, MAKERS, cache)
        app = app_of(services, engine, door, study=study, curation=curation)
        server = server_of(app, services)
        thread = threading.Thread(target=server.run, args=([at],))
        thread.start()
        try:
            yield Client(at.getsockname()[1])
        finally:
            server.should_exit = True
            services.hub.is_closing = True
            thread.join()


class Client:
    """A program on this machine; with `Origin` it is a page."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Status, and what JSON says, or the bytes."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if data else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, data, {**kind, **named})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        is_json = self.headers.get("content-type", "").startswith("application/json")
        return answer.status, json.loads(content) if is_json else content

    def get(self, path: str, **headers: str) -> Any:
        """What is there; a test fails where it is not."""
        status, told = self.ask("GET", path, **headers)
        assert status == 200, told
        return told

    def post(self, path: str, body: object, **headers: str) -> Any:
        """What comes of it; a test fails where nothing does."""
        status, told = self.ask("POST", path, body, **headers)
        assert status == 200, told
        return told

    def refused(self, method: str, path: str, body: object = None, **headers: str) -> int:
        """The status of what is refused in a sentence."""
        status, told = self.ask(method, path, body, **headers)
        assert status >= 400, told
        assert set(told) == {"error"}
        assert "; expected " in told["error"] or status == 421, told
        assert "\n" not in told["error"]
        return status

    @contextmanager
    def listening(self, query: str = "", **headers: str) -> Iterator["Events"]:
        """What happens, while it does."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", f"/api/events{query}", headers=headers)
        try:
            yield Events(connection.getresponse())
        finally:
            connection.close()


class Events:
    """Server-sent events, one after another."""

    def __init__(self, answer: Any) -> None:
        assert answer.status == 200
        self._answer = answer

    def next(self, kind: str | None = None) -> tuple[str, Any]:
        """The next event, or the next of a kind: its kind, and what it says."""
        while True:
            told: dict[str, str] = {}
            while line := self._answer.readline().decode().strip():
                name, _, value = line.partition(": ")
                told[name] = value
            if "event" in told and kind in (None, told["event"]):
                return told["event"], json.loads(told["data"]) | {"id": told.get("id")}


def form(*files: tuple[str, bytes], field: str = "files", **fields: str) -> bytes:
    """A form as browsers send it, with the boundary x."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, data in files:
        head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return b"".join(parts) + b"--x--\r\n"


FORM = {"Content_Type": "multipart/form-data; boundary=x"}


def until(holds: Callable[[], bool]) -> None:
    """Waits for something that another thread brings about."""
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to hold")
