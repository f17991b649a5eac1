"""A server on loopback that speaks ComfyUI's protocol, well or badly as it is told.

As ComfyUI 0.3.64 answered when it was asked the same.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.makers.edits_server import Reply, png

Graph = dict[str, dict[str, Any]]
SAVED = {"filename": "ComfyUI_00001_.png", "subfolder": "", "type": "output"}

WORKFLOW: Graph = {
    "1": {
        "class_type": "LoadImage",
        "inputs": {"image": "example.png"},
        "_meta": {"title": "Load Image"},
    },
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "%prompt%", "clip": ["4", 1]}},
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 4, "positive": ["2", 0]}},
    "9": {
        "class_type": "SaveImage",
        "inputs": {"images": ["3", 0], "filename_prefix": "ComfyUI"},
        "_meta": {"title": "Save Image"},
    },
}
"""With a place for all that it needs."""


def done(outputs: dict[str, Any]) -> dict[str, Any]:
    """What a history says of a prompt that is made."""
    status = {"status_str": "success", "completed": True, "messages": []}
    return {"outputs": outputs, "status": status, "meta": {}}


def failed(event: str, **told: Any) -> dict[str, Any]:
    """And of one that is not."""
    node = {"node_id": "3", "node_type": "KSampler", "executed": [], **told}
    messages = [["execution_start", {"prompt_id": "0"}], [event, node]]
    return {
        "outputs": {},
        "status": {"status_str": "error", "completed": False, "messages": messages},
    }


def images(*places: dict[str, str]) -> dict[str, Any]:
    """What a node that saves gives."""
    return {"images": list(places)}


@dataclass
class Came:
    """All that was asked."""

    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    prompts: list[dict[str, Any]] = field(default_factory=list)
    viewed: list[dict[str, str]] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)


class ComfyServer:
    """On a free port while it is entered."""

    def __init__(self) -> None:
        self.came = Came()
        self.replies: dict[str, Reply] = {}
        """By the begin of a path, what is answered instead."""
        self.looks = 2
        """So many at a history until it says something."""
        self.entry: Callable[[Graph], dict[str, Any]] = lambda _: done({"9": images(SAVED)})
        self.picture: Callable[[Graph], bytes] = lambda graph: png(
            (64, 32), f"hsl({graph['3']['inputs']['seed']},50%,50%)"
        )
        self.running: list[str] = []
        self.pending: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, path: str, query: dict[str, str], body: Any) -> Reply:
        self.came.paths.append(path)
        for begin, reply in self.replies.items():
            if path.startswith(begin):
                return reply
        first, *rest = path.strip("/").split("/")
        routes: dict[str, Callable[[], Reply]] = {
            "system_stats": lambda: _json({"system": {"comfyui_version": "0.3.64"}}),
            "upload": lambda: self._upload(body),
            "prompt": lambda: self._prompt(body),
            "history": lambda: self._history(rest[0]),
            "queue": lambda: self._queue(body),
            "interrupt": lambda: self._interrupt(body),
            "view": lambda: self._view(query),
        }
        return routes.get(first, lambda: Reply(b"404: Not Found", 404))()

    def _upload(self, form: dict[str, Any]) -> Reply:
        name, data = form["image"]
        folder = form["subfolder"][1].decode()
        self.came.uploads[f"{folder}/{name}"] = data
        return _json({"name": name, "subfolder": folder, "type": "input"})

    def _prompt(self, body: dict[str, Any]) -> Reply:
        self.came.prompts.append(body)
        id = f"id-{len(self.came.prompts)}"
        (self.running if not self.running else self.pending).append(id)
        return _json({"prompt_id": id, "number": 0, "node_errors": {}})

    def _history(self, id: str) -> Reply:
        if id not in self.running or self.came.paths.count(f"/history/{id}") <= self.looks:
            return _json({})
        self.running.remove(id)
        return _json({id: self.entry(self.came.prompts[-1]["prompt"])})

    def _interrupt(self, body: Any) -> Reply:
        self.came.interrupted.append(body["prompt_id"])
        return Reply(b"")

    def _view(self, query: dict[str, str]) -> Reply:
        self.came.viewed.append(query)
        return Reply(self.picture(self.came.prompts[-1]["prompt"]))

    def _queue(self, body: Any) -> Reply:
        if body is not None:
            self.pending = [id for id in self.pending if id not in body["delete"]]
            return Reply(b"")
        return _json(
            {
                "queue_running": [[0, id, {}, {}, []] for id in self.running],
                "queue_pending": [[0, id, {}, {}, []] for id in self.pending],
            }
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def _json(told: Any) -> Reply:
    return Reply(json.dumps(told).encode())


def _handler(server: ComfyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            whole = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            self._reply(json.loads(whole) if "json" in kind else _form(kind, whole))

        def do_GET(self) -> None:
            self._reply(None)

        def _reply(self, body: Any) -> None:
            parts = urlsplit(self.path)
            server.came.headers.append(dict(self.headers))
            reply = server.answer(parts.path, dict(parse_qsl(parts.query)), body)
            self.send_response(reply.status)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) - reply.cut])

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler


def _form(kind: str, whole: bytes) -> dict[str, Any]:
    """By field, the name of a file and what came."""
    parts = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + whole)
    return {
        str(part["Content-Disposition"].params["name"]): (
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in parts.iter_parts()
    }
