"""A study served for a test, and a rater's program that speaks to it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from tests.cutbench.study.studies import Desk as Furnished

from cut2next.cutbench.study.access import Door
from cut2next.cutbench.study.desk import Desk
from cut2next.cutbench.study.pictures import Pictures
from cut2next.cutbench.study.server import app_of, server_of
from cut2next.cutbench.study.votes import Votes
from cut2next.pages.serving import listening


@contextmanager
def served(
    furnished: Furnished, votes: Votes, *, host: str = "127.0.0.1", key: str | None = None
) -> Iterator[int]:
    """Serves on loopback until the end; gives the port. `host` is what the door believes."""
    desk = Desk(furnished.benchmark, votes, Pictures(furnished.benchmark, furnished.entries))
    server = server_of(app_of(desk, Door(host=host, key=key, cookie="cut2next-test")))
    with listening("127.0.0.1", 0) as at:
        thread = threading.Thread(target=server.run, args=([at],))
        thread.start()
        try:
            yield at.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


class Client:
    """A browser without a page: it keeps cookies, and says where it comes from."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: object = None, **headers: str | None
    ) -> tuple[int, Any]:
        """Status, and what JSON says, or the bytes; a header of None is left out."""
        sent = {
            "Host": f"127.0.0.1:{self.port}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/json",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            plain = {name: value for name, value in sent.items() if value is not None}
            connection.request(method, path, data, plain)
            answer = connection.getresponse()
            return answer.status, self._read(answer)
        finally:
            connection.close()

    def get(self, path: str, **headers: str | None) -> tuple[int, Any]:
        """What a browser gets."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: object, **headers: str | None) -> tuple[int, Any]:
        """What a page sends."""
        return self.ask("POST", path, body, **headers)

    def begin(self, name: str) -> Any:
        """A new rater's first state."""
        status, state = self.post("/api/raters", {"name": name})
        assert status == 200, state
        return state

    def vote(self, word: str, side: str = "left") -> tuple[int, Any]:
        """An answer."""
        return self.post("/api/votes", {"word": word, "side": side})

    def _read(self, answer: HTTPResponse) -> Any:
        self.headers = answer.headers
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        content = answer.read()
        kind = answer.headers.get("Content-Type", "")
        return json.loads(content) if kind == "application/json" else content
