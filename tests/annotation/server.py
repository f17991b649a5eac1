"""A loopback server that speaks Gemini's and OpenAI's protocol, and misbehaves when told to.

    with LoopbackServer() as server:
        annotator = gemini(server)            # or openai_compatible(server)
        server.script = [Fault(status=500), None, Fault(slow=0.1)]   # for the next requests
        ...
        assert server.answered == ...

What it answers depends on the stills and on whether it is asked about a cut or a shot, and fits the
schema. A question's identity is told in its answer, so that a cache shows which it holds.
"""

import hashlib
import json
import re
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from cut2next.annotation.gemini import GeminiAnnotator
from cut2next.annotation.openai_compatible import OpenAICompatibleAnnotator

KEY = "the-right-key"
MODEL = "a-model"
TOKENS_IN, TOKENS_OUT = 1000, 100
"""What each answer is said to take."""
_IDENTITY = re.compile(r"asked as ([0-9a-f]{16})")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one request; by default nothing."""

    status: int = 200
    body: str | None = None
    """Instead of the server's own words."""
    headers: tuple[tuple[str, str], ...] = ()
    silent: bool = False
    """Takes the question and never answers."""
    dropped: bool = False
    """Hangs up in the middle of the answer."""
    drip: float = 0.0
    """Seconds between single bytes."""
    slow: float = 0.0
    """Seconds before the answer."""
    refused: str | None = None
    """How: "blocked" before or "cut off" during the answer, or "said" by the model."""
    raw: Callable[[str], str] = field(default=str)
    """What becomes of the model's words."""
    end: str | None = None
    """Why the answer ends, where it is not because all is said."""


def too_many(seconds: float) -> Fault:
    """429, with the delay as each protocol tells it."""
    return Fault(
        status=429,
        headers=(("Retry-After", f"{seconds:g}"),),
        body=json.dumps({"error": {"code": 429, "message": "slow down", "status": "BUSY"}}),
    )


TRUNCATED = Fault(raw=lambda raw: raw[: len(raw) // 2])
NONSENSE = Fault(raw=lambda raw: f"I see {len(raw)} things.")


def unfit(words: str) -> Fault:
    """400 for a parameter that the server does not know, in its words."""
    return Fault(status=400, body=json.dumps({"error": {"code": 400, "message": words}}))


class LoopbackServer:
    """The server, on a free port while it is entered."""

    def __init__(self, *, latency: float = 0.0) -> None:
        self.latency = latency
        """Seconds that each answer takes."""
        self.script: list[Fault | None] = []
        """What goes wrong with the next requests, one after the other."""
        self.always: Fault | None = None
        """What goes wrong with all others."""
        self.asked: list[str] = []
        """Identities of the questions, as they came, those turned away included."""
        self.answered: list[str] = []
        """Those whose answer was written to the last byte, well or badly worded."""
        self.listing = ""
        """The one path at which it has models; empty for any."""
        self.probed: list[str] = []
        """Paths at which it was asked for its models."""
        self.times: list[float] = []
        """When each came."""
        self.texts: list[str] = []
        """What each said."""
        self.options: list[dict[str, Any]] = []
        """What else came with each."""
        self.answer: Callable[[list[bytes], str, str], str] = _answer
        """What it says of stills, a text and the identity of both."""
        self.most_at_once = 0
        self._now = 0
        self.lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.face = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.stopped.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def come(self, identity: str, text: str, options: dict[str, Any]) -> Fault:
        """Notes a request; returns what goes wrong with it."""
        with self.lock:
            self.asked.append(identity)
            self.times.append(time.monotonic())
            self.texts.append(text)
            self.options.append(options)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            scripted = self.script.pop(0) if self.script else self.always
        return scripted or Fault()

    def go(self, identity: str, *, answered: bool) -> None:
        """Notes the end of a request."""
        with self.lock:
            self._now -= 1
            if answered:
                self.answered.append(identity)


def gemini(server: LoopbackServer, *, key: str = KEY, model: str = MODEL) -> GeminiAnnotator:
    """An annotator that asks the server in Gemini's protocol."""
    return GeminiAnnotator(model, base_url=server.url, api_key=key)


def openai_compatible(
    server: LoopbackServer, *, key: str = KEY, model: str = MODEL
) -> OpenAICompatibleAnnotator:
    """An annotator that asks the server in OpenAI's protocol."""
    return OpenAICompatibleAnnotator(model, base_url=f"{server.url}/v1", api_key=key)


def identity_in(raw: str) -> str:
    """Which question the server gave this answer to."""
    match = _IDENTITY.search(raw)
    assert match is not None, raw
    return match[1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    face: LoopbackServer

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.stopped = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self.server.face.probed.append(self.path)
        if self.server.face.listing not in ("", self.path):
            self._send(404, "no such path", Fault())
            return
        keys = (self.headers["x-goog-api-key"], self.headers["Authorization"])
        known = KEY in keys or f"Bearer {KEY}" in keys
        self._send(200 if known else 403, '{"data": [], "models": []}', Fault())

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        speaks_gemini = self.path.endswith(":generateContent")
        if not asked:  # no question, and so none of those that count
            status = 400 if self.server.face.listing == "" else 404
            nothing = Fault(status=status, body='{"error": {"message": "nothing is asked"}}')
            reply = self._turned_away({"model": MODEL}, speaks_gemini) or nothing
            self._send(reply.status, reply.body or "", reply)
            return
        stills, text = (_gemini_parts if speaks_gemini else _openai_parts)(asked)
        identity = _digest(*stills, text.encode())
        options = {name: asked[name] for name in asked if name not in ("contents", "messages")}
        fault = self.server.face.come(identity, text, options)
        answered = False
        try:
            turned_away = self._turned_away(asked, speaks_gemini)
            answered = self._misbehave(turned_away or fault, speaks_gemini, stills, text, identity)
        finally:
            self.server.face.go(identity, answered=answered)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _turned_away(self, asked: dict[str, Any], speaks_gemini: bool) -> Fault | None:
        """A wrong key and an unknown model, as each protocol says it."""
        if speaks_gemini:
            if self.headers["x-goog-api-key"] != KEY:
                reason = {"reason": "API_KEY_INVALID"}
                error = {"code": 400, "message": "API key not valid.", "details": [reason]}
                return Fault(status=400, body=json.dumps({"error": error}))
            unknown = f"/models/{MODEL}:" not in self.path
        else:
            if self.headers["Authorization"] != f"Bearer {KEY}":
                return Fault(status=401, body='{"error": {"message": "Incorrect API key"}}')
            unknown = asked["model"] != MODEL
        return (
            Fault(status=404, body='{"error": {"message": "no such model"}}') if unknown else None
        )

    def _misbehave(
        self, fault: Fault, speaks_gemini: bool, stills: list[bytes], text: str, identity: str
    ) -> bool:
        """Answers as well as the fault lets it; whether an answer went out whole."""
        time.sleep(self.server.face.latency + fault.slow)
        if fault.silent:
            self.server.stopped.wait(30)
            self.close_connection = True
            return False
        if fault.status != 200:
            self._send(fault.status, (fault.body or '{"error": {"message": "broken"}}'), fault)
            return False
        raw = fault.raw(self.server.face.answer(stills, text, identity))
        reply = _gemini_reply if speaks_gemini else _openai_reply
        self._send(200, fault.body or json.dumps(reply(raw, fault)), fault)
        return not fault.dropped

    def _send(self, status: int, body: str, fault: Fault) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in fault.headers:
            self.send_header(name, value)
        self.end_headers()
        if fault.dropped:
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return
        for start in range(0, len(data), 1 if fault.drip else len(data)):
            self.wfile.write(data[start : start + (1 if fault.drip else len(data))])
            if fault.drip and self.server.stopped.wait(fault.drip):
                return


def _gemini_parts(asked: dict[str, Any]) -> tuple[list[bytes], str]:
    parts = asked["contents"][0]["parts"]
    stills = [b64decode(part["inlineData"]["data"].replace("-", "+").replace("_", "/"))
              for part in parts if "inlineData" in part]  # fmt: skip
    return stills, "".join(part.get("text", "") for part in parts)


def _openai_parts(asked: dict[str, Any]) -> tuple[list[bytes], str]:
    parts = asked["messages"][0]["content"]
    stills = [b64decode(part["image_url"]["url"].partition("base64,")[2])
              for part in parts if part["type"] == "image_url"]  # fmt: skip
    return stills, "".join(part.get("text", "") for part in parts)


def _gemini_reply(raw: str, fault: Fault) -> dict[str, Any]:
    usage = {
        "promptTokenCount": TOKENS_IN,
        "candidatesTokenCount": TOKENS_OUT - 10,
        "thoughtsTokenCount": 10,
    }
    if fault.refused == "blocked":
        return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}
    candidate: dict[str, Any] = {
        "content": {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": raw}]},
        "finishReason": fault.end or "STOP",
    }
    if fault.refused:
        candidate = {"finishReason": "SAFETY"}
    return {"candidates": [candidate], "usageMetadata": usage}


def _openai_reply(raw: str, fault: Fault) -> dict[str, Any]:
    refused = fault.refused
    message: dict[str, Any] = {"role": "assistant", "content": raw}
    if refused == "said":
        message = {"role": "assistant", "content": None, "refusal": "I would rather not"}
    elif refused:
        message = {"role": "assistant", "content": ""}
    reason = "content_filter" if refused and refused != "said" else fault.end or "stop"
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": TOKENS_IN,
            "completion_tokens": TOKENS_OUT,
            "total_tokens": TOKENS_IN + TOKENS_OUT,
        },
    }


_PATTERNS = ("cut-in", "cutaway", "multi-angle", "shot-reverse-shot")
_TECHNIQUES = ("a cut-in", "a cutaway", "a multi-angle cut", "a shot/reverse shot")


def _answer(stills: list[bytes], text: str, identity: str) -> str:
    """Words that fit the schema, that `inconsistencies` finds nothing in, and that tell stills."""
    number = int(_digest(*stills), 16)
    if len(stills) == 2:
        pattern = number % len(_PATTERNS)
        look = f"{('red', 'black', 'white')[number % 3]} hair, coat {number % 1000}"
        answer: dict[str, Any] = {
            "characters": [{"name": "Anna", "look": look}, {"name": "Ben", "look": "bald, suit"}],
            "scene": "<Anna> and <Ben> talk in the café",
            "scene_consistency": "The same café by day",
            "character_consistency": f"The same clothes; asked as {identity}",
            "transition": f"The transition between shots is {_TECHNIQUES[pattern]} to <Ben>",
            "patterns": [_PATTERNS[pattern]],
        }
        return json.dumps(answer, ensure_ascii=False)
    names = re.findall(r"^- <([^>]+)>", text, flags=re.MULTILINE)
    people = " and ".join(f"<{name}>" for name in names) or "the café"
    return json.dumps(
        {
            "summary": f"Medium shot of {people} in café {number % 1000}",
            "description": f"Still life, asked as {identity}",
            "attributes": {"shot_size": "medium", "color": "warm", "lens": None},
        }
    )


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"|".join(parts)).hexdigest()[:16]
