"""A server on loopback that speaks OpenAI's images/edits, well or badly as it is told."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Any, NamedTuple, Self

from PIL import Image

KEY = "sk-secret"


class Request(NamedTuple):
    """What came."""

    path: str
    key: str | None
    fields: dict[str, bytes]


class Reply(NamedTuple):
    """What goes back; `cut` bytes of the body are not sent, and `slow` seconds lie between two."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012
    cut: int = 0
    slow: float = 0.0


def png(size: tuple[int, int], colour: str = "teal") -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def encoded(picture: bytes, **more: Any) -> Reply:
    """A picture as the protocol has it."""
    first = {"b64_json": b64encode(picture).decode(), **more}
    return Reply(json.dumps({"created": 1, "data": [first]}).encode())


def as_asked(request: Request) -> Reply:
    """A picture of the size that was asked for, whose colour is the seed's."""
    width, height = map(int, request.fields["size"].decode().split("x"))
    return encoded(
        png((width, height), f"hsl({request.fields.get('seed', b'0').decode()},50%,50%)")
    )


def refusal(status: int, words: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(json.dumps({"error": {"message": words}}).encode(), status, named)


class EditsServer:
    """On a free port while it is entered; `script` goes first, then `always`."""

    def __init__(self, *script: Reply) -> None:
        self.script = list(script)
        self.always: Callable[[Request], Reply] = as_asked
        self.came: list[Request] = []
        self.listings = 0
        """How often it was asked for its models."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, request: Request) -> Reply:
        self.came.append(request)
        return self.script.pop(0) if self.script else self.always(request)

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


def _handler(server: EditsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            whole = self.rfile.read(int(self.headers["Content-Length"]))
            kind = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            parts = BytesParser(policy=HTTP).parsebytes(kind + whole).iter_parts()
            self._reply({_name(part): part.get_payload(decode=True) for part in parts})

        def do_GET(self) -> None:
            if self.path.partition("?")[0].endswith("/models"):
                server.listings += 1
                self._send(Reply(b'{"data": []}'))
            else:
                self._reply({})

        def _reply(self, fields: dict[str, Any]) -> None:
            self._send(server.answer(Request(self.path, self.headers["Authorization"], fields)))

        def _send(self, reply: Reply) -> None:
            _send(self, reply)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler


def _send(to: BaseHTTPRequestHandler, reply: Reply) -> None:
    to.send_response(reply.status)
    to.send_header("Content-Length", str(len(reply.body)))
    for name, text in reply.headers.items():
        to.send_header(name, text)
    to.end_headers()
    for piece in _pieces(reply):
        time.sleep(reply.slow)
        try:
            to.wfile.write(piece)
        except OSError:
            return


def _pieces(reply: Reply) -> list[bytes]:
    sent = reply.body[: len(reply.body) - reply.cut]
    return [sent[at : at + 1] for at in range(len(sent))] if reply.slow else [sent]


def _name(part: Any) -> str:
    return str(part["Content-Disposition"].params["name"])
