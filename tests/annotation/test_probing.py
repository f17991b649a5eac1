"""A server that cannot be asked is refused before the first question, in seconds."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from tests.annotation.hostile import HostileServer, said
from tests.annotation.runs import run
from tests.annotation.server import KEY, LoopbackServer, gemini, openai_compatible
from tests.annotation.stills import cuts

from cut2next.annotation import probing
from cut2next.annotation.annotator import Annotator, check_now
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.gemini import GeminiAnnotator
from cut2next.annotation.limits import Limits
from cut2next.annotation.openai_compatible import OpenAICompatibleAnnotator
from cut2next.film import InputError
from cut2next.makers.server import ServerMaker

PAGE = said(b"<html><h1>Welcome", "Content-Type: text/html; charset=utf-8")
NOT_THERE = said(b"<html>Not Found", "Content-Type: text/html", status="404 Not Found")
FAULT = said(b'{"error": {"message": "messages are missing"}}', status="400 Bad Request")


CHECKS: dict[str, Callable[[str], None]] = {
    "gemini": lambda url: check_now(GeminiAnnotator("m", base_url=url, api_key=KEY)),
    "openai": lambda url: check_now(OpenAICompatibleAnnotator("m", base_url=url, api_key=KEY)),
    "maker": lambda url: ServerMaker(url, key=KEY).check(),
}
every_client = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer(lambda connection: None) as running:
        yield running


def _answers(get: bytes, post: bytes, server: HostileServer) -> None:
    """What a server says to the listing of its models, and to an empty question."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(get if server.came[-1].startswith(b"GET") else post)

    server.answer = answer


def _moved(place: str) -> bytes:
    return said(b"", f"Location: {place}", status="308 Moved")


@every_client
@pytest.mark.parametrize(
    ("get", "post", "told"),
    [
        (NOT_THERE, NOT_THERE, r"says 404 \(text/html\) at /"),
        (PAGE, PAGE, r"says 200 \(text/html\) at /"),
        (PAGE, said(b"", status="405 No"), r"says 405 \(no type\) at /"),
        (said(b"OK"), said(b"OK"), r"says 200 \(no type\) at /"),
        (said(b"", status="401 No"), said(b"", status="401 No"), "expected a key that the server"),
        (_moved("https://models.example/v1"), b"", "a redirection to https://models.example:443"),
        (b"", b"", "cannot be asked"),
        (b"SSH-2.0-hello\r\n", b"", "cannot be asked"),
        (said(b"[" * 10**5), said(b"[" * 10**5), "says 200"),
        (said(bytes(2**22 + 1)), b"", "MiB"),
    ],
    ids=[
        "404",
        "page",
        "page 405",
        "no JSON",
        "401",
        "moved",
        "silent",
        "no HTTP",
        "deep",
        "large",
    ],
)
def test_what_is_no_such_server_is_refused_in_a_line_that_names_it(
    check: Callable[[str], None], get: bytes, post: bytes, told: str, server: HostileServer
) -> None:
    _answers(get, post, server)
    begun = time.monotonic()
    with pytest.raises(InputError, match=told) as refused:
        check(server.url)
    assert server.url in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert time.monotonic() - begun < 5


@every_client
@pytest.mark.parametrize(
    ("get", "post"),
    [
        (said(b'{"data": []}'), b""),
        (said(b"[]"), b""),
        (NOT_THERE, FAULT),  # no listing
        (said(b"{}", status="403 No"), FAULT),  # a key that may ask and may not list
        (said(b"loading", status="503 Busy"), b""),
        (said(b"{}", status="429 Busy"), b""),
    ],
    ids=["listing", "list", "no listing", "no right to it", "loading", "busy"],
)
def test_what_can_be_asked_passes(
    check: Callable[[str], None], get: bytes, post: bytes, server: HostileServer
) -> None:
    _answers(get, post, server)
    check(server.url)
    listing, *others = server.came
    assert listing.startswith(b"GET ")
    assert all(request.startswith(b"POST") and request.endswith(b"{}") for request in others)
    assert len(others) == (post == FAULT)


@every_client
def test_one_that_says_nothing_is_not_waited_for(
    check: Callable[[str], None], server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "PATIENCE", 0.3)
    server.answer = lambda connection: server.pour(connection, b"H", 0.05)
    with pytest.raises(InputError, match=r"no whole answer within 0\.3 s"):
        check(server.url)


@every_client
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid/v1"])
def test_one_that_is_not_there_is_refused(check: Callable[[str], None], url: str) -> None:
    with pytest.raises(InputError, match=r"cannot be asked .ConnectError"):
        check(url)


@pytest.mark.parametrize("connect", [gemini, openai_compatible])
def test_it_is_looked_for_once_and_not_where_all_is_answered(
    connect: Callable[[LoopbackServer], Annotator], cache: AnswerCache
) -> None:
    with LoopbackServer() as server:
        for _ in range(2):
            run(cuts(3), connect(server), cache, Limits())
        assert len(server.probed) == 1
        assert len(server.asked) == 9


def test_a_server_that_is_not_there_stops_all_before_a_question(cache: AnswerCache) -> None:
    begun = time.monotonic()
    annotator = OpenAICompatibleAnnotator("m", base_url="http://127.0.0.1:1", api_key=KEY)
    with pytest.raises(InputError, match="cannot be asked"):
        run(cuts(20), annotator, cache, Limits())
    assert time.monotonic() - begun < 5
