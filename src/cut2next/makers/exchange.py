"""Requests to one origin and no other: the key never leaves it, and nothing is read without end."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from cut2next.annotation.faults import TryLater
from cut2next.annotation.http_faults import fault_of, turns_down
from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.makers.maker import MakerError

if TYPE_CHECKING:
    import httpx2

KEY = "OPENAI_API_KEY"
_EDITS = "images/edits"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long, how often and how much."""

    seconds: float = 300.0
    """That one answer may take."""
    tries: int = 5
    longest_wait: float = 60.0
    """Seconds between two tries, whatever the server asks for."""
    most_bytes: int = 2**28
    """Of an answer; a picture of 100 megapixels as base64 is about as large."""


class Answer(NamedTuple):
    """What came, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def turns_down(self, name: str) -> bool:
        """Whether a parameter was turned down by its name."""
        return turns_down(self.status, self.text, [name])

    @property
    def text(self) -> str:
        """What it says, if it is text."""
        return self.body.decode(errors="replace")

    def json(self) -> dict[str, Any]:
        """The answer as JSON knows it. Raises MakerError for what is none."""
        kind = self.headers.get("content-type", "").partition(";")[0] or "no type"
        try:
            told = json.loads(self.body)
        except ValueError as error:
            begin = one_line(self.text, 60)
            raise MakerError(
                f"an answer that is no JSON ({kind}: {begin})",
                expected="OpenAI's answer of images/edits",
                hint="check the URL: it mostly ends in /v1/images/edits",
            ) from error
        return told if isinstance(told, dict) else {}

    def checked(self, model: str) -> "Answer":
        """Itself, if the status is a success. Raises MakerError for another."""
        if self.status == 200:
            return self
        try:
            body = json.loads(self.body)
        except ValueError:
            body = one_line(self.text, 120)
        fault = fault_of(self.status, body, self.headers, model, KEY)
        if isinstance(fault, InputError):
            raise MakerError(fault.got, expected=fault.expected, hint=fault.hint)
        raise MakerError(
            f"{model}: {fault}",
            expected="a picture",
            hint="ask later" if isinstance(fault, TryLater) else "change what is asked",
        )


class Exchange:
    """With one origin."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None,
        limits: Limits,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises InputError for what is no URL of a server, or holds a password."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise InputError(
                f"{'a URL with a password' if parts.username is not None else repr(url)}",
                expected="http:// or https://, a host, and mostly /v1/images/edits",
                hint=f"the key belongs into {KEY}",
            )
        path = parts.path.rstrip("/")
        if not path.endswith(_EDITS):
            path = f"{path}/{_EDITS}"
        self._url = parts._replace(path=path, fragment="").geturl()
        self.address = parts._replace(path=path, query="", fragment="").geturl()
        """Without its query, which may hold what is nobody's business."""
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._key = key or os.environ.get(KEY)
        self._limits, self._sleep = limits, sleep
        with needed("it, to ask a server"):
            import httpx2  # noqa: F401

    def post(self, fields: Mapping[str, str], files: Mapping[str, Any]) -> Answer:
        """The answer to a form, asked again while the server says so.

        Raises MakerError when none comes, and for a redirection.
        """
        for wait in self._waits():
            answer = self._once("POST", self._url, data=fields, files=files)
            seconds = self._asks_to_wait(answer)
            if seconds is None or wait is None:
                return answer
            self._sleep(seconds or wait)
        raise AssertionError("the last wait is None")

    def fetch(self, url: str) -> bytes:
        """What lies at a URL of the same origin. Raises MakerError for another."""
        url = urljoin(self._url, url)
        if _origin(url) != _origin(self._url):
            raise MakerError(
                f"a picture at {one_line(_origin(url))}",
                expected=f"one from {self.origin}, the only server that is asked",
                hint="ask it for b64_json",
            )
        return self._once("GET", url).checked("its picture").body

    def _waits(self) -> Iterator[float | None]:
        """Seconds between tries, doubled each time; None after the last."""
        for number in range(self._limits.tries - 1):
            yield min(2.0**number, self._limits.longest_wait)
        yield None

    def _asks_to_wait(self, answer: Answer) -> float | None:
        """Seconds, zero where it does not say how many; None for an answer that is the last.

        Raises MakerError where it asks for more than anybody would wait.
        """
        if answer.status == 200:
            return None
        fault = fault_of(answer.status, answer.text, answer.headers, "", KEY)
        if not isinstance(fault, TryLater):
            return None
        if (seconds := fault.seconds or 0.0) > self._limits.longest_wait:
            raise MakerError(
                f"{fault}; it asks to wait {seconds:.0f} s",
                expected=f"at most {self._limits.longest_wait:g} s",
                hint="run again then: what is made is kept",
            )
        return seconds

    def _once(self, method: str, url: str, **form: Any) -> Answer:
        import httpx2

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        with (
            self._faults(),
            httpx2.Client(timeout=self._limits.seconds, follow_redirects=False) as client,
            client.stream(method, url, headers=headers, **form) as response,
        ):
            if response.is_redirect:
                raise MakerError(
                    f"a redirection to {one_line(response.headers.get('location', ''), 80)}",
                    expected="an answer from the server that was named",
                    hint="name that address instead, if you trust it with your key and pictures",
                )
            return Answer(response.status_code, response.headers, self._whole(response))

    def _whole(self, response: "httpx2.Response") -> bytes:
        body, begun = bytearray(), time.monotonic()
        for piece in response.iter_bytes():
            body += piece
            if time.monotonic() - begun > self._limits.seconds:
                raise self._too_slow("no end")
            if len(body) > self._limits.most_bytes:
                raise MakerError(
                    f"an answer of more than {self._limits.most_bytes // 2**20} MiB",
                    expected="one picture",
                    hint="check the URL",
                )
        return bytes(body)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """What the connection does wrong, in one line."""
        import httpx2

        try:
            yield
        except httpx2.TimeoutException as error:
            raise self._too_slow(type(error).__name__) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise MakerError(
                f"the connection failed ({type(error).__name__}: {one_line(error, 100)})",
                expected="a whole answer",
                hint="check that the server runs, and its URL",
            ) from error

    def _too_slow(self, how: str) -> MakerError:
        return MakerError(
            f"no whole answer within {self._limits.seconds:g} s ({how})",
            expected="a picture",
            hint="it may be paid for all the same: look before you ask again",
        )


def _origin(url: str) -> str:
    """Scheme, host and port, so that none of them can differ unseen."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "no address"
    return f"{parts.scheme}://{parts.hostname}:{port}"
