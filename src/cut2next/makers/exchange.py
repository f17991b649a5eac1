"""Requests for pictures to one server, by `annotation/one_origin.py`; again while it is busy."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urljoin

from cut2next.annotation.address import address_parts, fit_key, origin_of
from cut2next.annotation.faults import TryLater
from cut2next.annotation.http_faults import fault_of, turns_down
from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.makers.maker import MakerError

if TYPE_CHECKING:
    import httpx2

_Result = TypeVar("_Result")

KEY = "OPENAI_API_KEY"
_EDITS = "images/edits"


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
        except (ValueError, RecursionError) as error:
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
        except (ValueError, RecursionError):
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
        with needed("it, to ask a server"):
            import httpx2  # noqa: F401
        parts = address_parts(url, f"name all of it, mostly to /v1; the key belongs in {KEY}")
        path = parts.path.rstrip("/")
        if not path.endswith(_EDITS):
            path = f"{path}/{_EDITS}"
        self._url = parts._replace(path=path, fragment="").geturl()
        models = path.removesuffix(_EDITS) + "models"
        self._models = parts._replace(path=models, fragment="").geturl()
        self.address = parts._replace(path=path, query="", fragment="").geturl()
        """Without its query, which may hold what is nobody's business."""
        self.origin = f"{parts.scheme}://{parts.netloc}"
        key = key or os.environ.get(KEY)
        self._key = fit_key(key, KEY) if key else None
        self._limits, self._sleep = limits, sleep

    def check(self) -> None:
        """Looks whether there is such a server. Raises InputError where there is none."""
        waited_for(self._probed())

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
        try:
            url = urljoin(self._url, url)
        except ValueError:
            url = ""
        if origin_of(url) != origin_of(self._url):
            raise MakerError(
                f"a picture at {origin_of(url)}",
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
        with connection_faults(self._too_slow()):
            return waited_for(self._asked(method, url, **form))

    async def _asked(self, method: str, url: str, **form: Any) -> Answer:
        most = self._limits.most_bytes
        async with asyncio.timeout(self._limits.seconds), self._client(most) as client:
            response = await client.request(method, url, headers=self._headers, **form)
            return Answer(response.status_code, response.headers, response.content)

    async def _probed(self) -> None:
        from cut2next.annotation.one_origin import MOST_TEXT
        from cut2next.annotation.probing import probe

        async with self._client(MOST_TEXT) as client:
            await probe(
                client,
                listing=self._models,
                asked=self._url,
                headers=self._headers,
                key_name=KEY,
            )

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    def _client(self, most_bytes: int) -> "httpx2.AsyncClient":
        import httpx2

        from cut2next.annotation.one_origin import OneOrigin

        way = OneOrigin(self._url, key=self._key, most_bytes=most_bytes)
        return httpx2.AsyncClient(timeout=None, transport=way)

    def _too_slow(self) -> MakerError:
        return MakerError(
            f"no whole answer within {self._limits.seconds:g} s",
            expected="a picture",
            hint="it may be paid for all the same: look before you ask again",
        )


@contextmanager
def connection_faults(late: MakerError) -> Iterator[None]:
    """What the connection does wrong, in one line; `late` where time runs out."""
    import httpx2

    try:
        yield
    except TimeoutError as error:
        raise late from error
    except InputError as error:
        raise MakerError(error.got, expected=error.expected, hint=error.hint) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise MakerError(
            f"the connection failed ({type(error).__name__}: {one_line(error, 100)})",
            expected="a whole answer",
            hint="check that the server runs, and its URL",
        ) from error


def waited_for(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What comes of work, also where a loop of the caller's runs, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work).result()
