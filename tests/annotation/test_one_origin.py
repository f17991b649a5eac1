"""What strangers' servers may answer, and what then reaches whom: all three clients alike."""

import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.annotation.hostile import HostileServer, said
from tests.annotation.runs import ask_once, run
from tests.annotation.stills import cuts
from tests.makers.briefs import brief

from cut2next.annotation.address import fit_key, origin_of
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.gemini import GeminiAnnotator
from cut2next.annotation.limits import Limits
from cut2next.annotation.one_origin import MOST_TEXT
from cut2next.annotation.openai_compatible import OpenAICompatibleAnnotator
from cut2next.annotation.question import cut_question
from cut2next.film import InputError
from cut2next.makers import exchange
from cut2next.makers.server import ServerMaker

KEY = "sk-a-secret-of-mine"
QUESTION = cut_question(cuts(1)[0], None)
Ask = Callable[[str], object]


def _gemini(url: str) -> object:
    return ask_once(GeminiAnnotator("a-model", base_url=url, api_key=KEY), QUESTION)


def _openai(url: str) -> object:
    annotator = OpenAICompatibleAnnotator("a-model", base_url=f"{url}/v1", api_key=KEY)
    return ask_once(annotator, QUESTION)


def _maker(url: str) -> object:
    limits = exchange.Limits(tries=1, seconds=20, most_bytes=MOST_TEXT)
    return list(ServerMaker(f"{url}/v1", key=KEY, limits=limits).make([brief()]))


every_client = pytest.mark.parametrize("ask", [_gemini, _openai, _maker])


def _says(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


@pytest.fixture
def elsewhere() -> Iterator[HostileServer]:
    """Another origin, which nothing should reach."""
    with HostileServer(_says(said(b"{}"))) as server:
        yield server


def fault(ask: Ask, server: HostileServer) -> str:
    """What is said of an answer: one line, without the key."""
    with pytest.raises(Exception, match=r".+") as told:
        ask(server.url)
    line = str(told.value)
    assert type(told.value).__module__.startswith("cut2next."), repr(told.value)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert KEY not in line
    return line


@every_client
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_leaves_the_origin_and_the_line_names_both(
    ask: Ask, status: int, elsewhere: HostileServer
) -> None:
    away = said(b"", f"Location: {elsewhere.url}/v1/x?t=1", status=f"{status} Moved")
    with HostileServer(_says(away)) as server:
        line = fault(ask, server)
        assert f"{server.url}" in line
        assert f"a redirection to {elsewhere.url}" in line
        assert len(server.came) == 1
    assert elsewhere.came == []


@every_client
@pytest.mark.parametrize(
    "place", ["//{}", "https://{}/\x9b31mred", "http://{}:1@evil.example/", "/again", "http://["]
)
def test_nor_any_other_one_however_it_is_written(ask: Ask, place: str) -> None:
    with HostileServer(lambda connection: None) as server:
        location = f"Location: {place.format(server.url.removeprefix('http://'))}"
        server.answer = _says(said(b"", location, status="307 Moved"))
        fault(ask, server)
        assert len(server.came) == 1


@every_client
def test_a_key_that_is_told_back_is_told_to_nobody(ask: Ask) -> None:
    for status in ("400 Bad", "401 No", "403 No", "404 No", "429 Busy", "500 Oh"):
        told = json.dumps({"error": {"message": f"is {KEY} a key?", "code": KEY}}).encode()
        answer = said(told, f"X-Key: {KEY}", f"Retry-After: {KEY}", status=status)
        with HostileServer(_says(answer)) as server:
            assert "is (your key) a key?" in fault(ask, server)
            assert KEY.encode() in server.came[0]  # so that there was something to tell


def test_nor_is_it_kept_where_a_model_is_made_to_say_it(tmp_path: Path) -> None:
    message = {"role": "assistant", "content": f"your key is {KEY}"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
    answers = tmp_path / "answers.jsonl"
    with HostileServer(_says(said(json.dumps(reply).encode()))) as server:
        annotator = OpenAICompatibleAnnotator("m", base_url=f"{server.url}/v1", api_key=KEY)
        with AnswerCache(answers) as cache:
            run(cuts(1), annotator, cache, Limits(retries=0, re_asks=0))
    assert "your key is (your key)" in answers.read_text()


@every_client
def test_an_answer_without_end_is_read_to_its_bound(ask: Ask) -> None:
    for head in (said(b"", status="200 OK").replace(b"gth: 0", b"gth: 5000000000"), b""):
        with HostileServer(lambda connection: None) as server:

            def endless(connection: socket.socket, head: bytes = head) -> None:
                connection.sendall(head or b"HTTP/1.1 200 OK\r\n\r\n")
                server.pour(connection, b" " * 2**16)

            server.answer = endless
            assert "an answer of more than 4 MiB" in fault(ask, server)
            assert MOST_TEXT < server.sent < 8 * MOST_TEXT


@every_client
def test_a_compressed_answer_is_not_unpacked(ask: Ask) -> None:
    bomb = gzip.compress(bytes(2**26))
    with HostileServer(_says(said(bomb, "Content-Encoding: gzip"))) as server:
        assert "a compressed answer (gzip)" in fault(ask, server)
        assert b"accept-encoding: identity" in server.came[0].lower()


@every_client
def test_headers_without_end_are_not_read_to_it(ask: Ask) -> None:
    with HostileServer(lambda connection: None) as server:

        def headers(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            server.pour(connection, b"X-More: and more\r\n" * 1000)

        server.answer = headers
        fault(ask, server)
        assert server.sent < 2**24


DEEP = b"[" * 100_000 + b"]" * 100_000


ANSWERS = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-hello\r\n",
    "a page": said(b"<html>Sign in", "Content-Type: text/html"),
    "a page as JSON": said(b"<html>Sign in", "Content-Type: application/json"),
    "no type": said(b"{}"),
    "deep": said(DEEP, "Content-Type: application/json"),
    "deep fault": said(DEEP, "Content-Type: application/json", status="400 Bad"),
    "half": said(b'{"choices": [', "Content-Type: application/json").replace(b": 13", b": 99"),
    "no text": said(b"\xff\xfe\x00", "Content-Type: application/json"),
    "an empty page": said(b"", "Content-Type: application/json", status="204 None"),
    "a number": said(b"1e999", "Content-Type: application/json"),
    "NaN": said(b'{"choices": NaN, "candidates": NaN}', "Content-Type: application/json"),
    "control": said(b'{"error": {"message": "\x9b2J\\u001b[2J"}}', status="400 \x9b2J"),
    "no words": said(b'{"choices": [{"message": {"content": 7}}]}', "Content-Type: a/json"),
    "a word where a number is": said(
        b'{"choices": [{"message": {"content": ""}}], "usage": {"prompt_tokens": "many"}}'
    ),
    "others": said(b'{"choices": [7], "candidates": [7], "data": [7]}', "Content-Type: a/json"),
}


@every_client
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_of_a_stranger_is_more_than_a_line(ask: Ask, answer: bytes) -> None:
    with HostileServer(_says(answer)) as server:
        told: Exception | None = None
        reply = None
        try:
            reply = ask(server.url)
        except Exception as error:  # noqa: BLE001  # which it may be is what is looked at
            told = error
    if told is None:
        assert getattr(reply, "raw", None) == ""  # what asks it then asks again
    else:
        assert type(told).__module__.startswith("cut2next."), repr(told)
        assert len(str(told).splitlines()) == 1


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_a_silent_or_dripping_server_is_left_in_time(pause: float, tmp_path: Path) -> None:
    with HostileServer(lambda connection: None) as server:

        def slow(connection: socket.socket) -> None:
            if b"GET " in server.came[-1][:4]:
                connection.sendall(said(b'{"data": []}'))
            elif pause:
                server.pour(connection, b"H", pause)
            else:
                server.stopped.wait()

        server.answer = slow
        limits = exchange.Limits(tries=1, seconds=0.3)
        begun = time.monotonic()
        with pytest.raises(InputError.__base__, match=r"no whole answer within 0\.3 s"):  # type: ignore[arg-type]
            list(ServerMaker(server.url, key=KEY, limits=limits).make([brief()]))
        annotator = OpenAICompatibleAnnotator("m", base_url=server.url, api_key=KEY)
        with AnswerCache(tmp_path / "answers.jsonl") as cache:
            (outcome,) = run(cuts(1), annotator, cache, Limits(timeout=0.3, retries=0)).values()
        assert "no whole answer within 0.3 s" in str(outcome)
        assert time.monotonic() - begun < 10


@every_client
def test_a_proxy_of_the_environment_is_asked_for_others_and_not_for_this_machine(
    ask: Ask, elsewhere: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", elsewhere.url)
    with HostileServer(_says(said(b"no", status="413 No"))) as server:
        fault(ask, server)
        assert elsewhere.came == []
        elsewhere.answer = server.answer
        with pytest.raises(Exception, match="413"):
            ask("http://models.example")
        assert elsewhere.came[0].startswith(b"POST http://models.example/")
    monkeypatch.setenv("no_proxy", "models.example")
    with pytest.raises(Exception, match=r"ConnectError|connection failed"):
        ask("http://models.example")
    assert len(elsewhere.came) == 1
    monkeypatch.setenv("http_proxy", "gopher://user:a-password@proxy.example")
    monkeypatch.delenv("no_proxy")
    with pytest.raises(Exception, match="the proxy on the way") as told:
        ask("http://models.example")
    assert "a-password" not in str(told.value)


@every_client
@pytest.mark.parametrize(
    "url", [" ", "models.example", "ftp://models.example", "http://", "http://a:99999", "http://[1"]
)
def test_what_is_no_address_is_refused_before_anything(ask: Ask, url: str) -> None:
    with pytest.raises(InputError, match="no server's address"):
        ask(url)


@every_client
def test_nor_one_that_holds_a_password_and_it_is_not_told(ask: Ask) -> None:
    with pytest.raises(InputError, match="a URL with a password") as told:
        ask("https://me:a-password@models.example")
    assert "a-password" not in str(told.value)


@pytest.mark.parametrize("key", ["sk-1\nsk-2", "sk 1", "sk-é", "\x00"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_told(key: str) -> None:
    with pytest.raises(InputError, match="A_KEY: holds what no key has") as told:
        fit_key(key, "A_KEY")
    assert key not in str(told.value)
    assert fit_key(" sk-1\n", "A_KEY") == "sk-1"


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://Models.Example/v1?x#y") == "https://models.example:443"
    assert origin_of("http://[::1]:80/") == origin_of("http://[::1]") == "http://[::1]:80"
    assert len({origin_of(f"{scheme}://a") for scheme in ("http", "https", "ftp")}) == 3
    assert origin_of("http://a:b/") == "no address"
