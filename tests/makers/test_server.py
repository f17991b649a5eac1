import json
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from tests.makers.checkpoints import brief
from tests.makers.edits_server import (
    KEY,
    EditsServer,
    Reply,
    as_asked,
    encoded,
    png,
    refusal,
)

from cut2next.film import InputError
from cut2next.makers.exchange import Limits
from cut2next.makers.maker import Made, MakerError
from cut2next.makers.server import ServerMaker, ServerSettings, words

WAITS = list[float]()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    WAITS.clear()


@pytest.fixture
def server() -> Iterator[EditsServer]:
    with EditsServer() as running:
        yield running


def one(server: EditsServer, *, limits: Limits | None = None, **settings: Any) -> Made:
    maker = ServerMaker(
        f"{server.url}/v1", ServerSettings(**settings), limits=limits, sleep=WAITS.append
    )
    (made,) = maker.make([brief(seed=30, size=(56, 40))])
    return made


def fault(server: EditsServer, reply: Reply, **settings: Any) -> str:
    """What is said when a server answers so; always one line that names the server."""
    server.script = [reply]
    server.always = lambda _: reply
    with pytest.raises(MakerError) as told:
        one(server, **settings)
    assert str(told.value).startswith(f"{server.url} at a cut, 30: ")
    assert "\n" not in str(told.value)
    assert KEY not in str(told.value)
    return str(told.value)


def test_a_brief_goes_up_as_a_form_and_a_picture_of_its_size_comes_back(
    server: EditsServer,
) -> None:
    made = one(server, model="klein")
    (request,) = server.came
    assert request.path == "/v1/images/edits"
    assert request.key == f"Bearer {KEY}"
    image = Image.open(BytesIO(request.fields.pop("image")))
    assert image.tobytes() == brief().current.tobytes()
    assert {name: text.decode() for name, text in request.fields.items()} == {
        "prompt": words(brief()),
        "model": "klein",
        "size": "64x32",
        "n": "1",
        "seed": "30",
        "response_format": "b64_json",
    }
    assert made.picture.size == (56, 40)
    assert made.asked.words == words(brief())
    assert (made.asked.size, made.asked.seed) == ((64, 32), 30)
    assert made.asked.settings == {
        "url": f"{server.url}/v1/images/edits",
        "model": "klein",
        "relational prompt": True,
    }


def test_it_is_told_in_plain_sentences() -> None:
    assert words(brief()) == (
        "The picture is a shot of a film. Make the next shot of the same scene, after a cut-in "
        "(closer, on a person or a detail that was already in the frame). It shows: Close-up of "
        "Anna (red hair). a cut-in to Anna. Same people, clothes, place, light and style; a "
        "photographic film still without text."
    )
    assert "a cut-in to Anna" not in words(brief(), relation=False)


def test_of_the_sizes_that_a_model_makes_the_nearest_shape_is_asked_for(
    server: EditsServer,
) -> None:
    made = one(server, model="gpt-image-2")
    assert made.asked.size == (1536, 1024)
    assert made.picture.size == (56, 40)
    assert made.asked.seed is None
    assert {"seed", "response_format"}.isdisjoint(server.came[0].fields)


def test_a_size_can_be_named_or_left_to_the_server(server: EditsServer) -> None:
    assert one(server, size="96x64").asked.size == (96, 64)
    server.always = lambda _: encoded(png((33, 44)))
    assert one(server, size="auto").asked.size == (33, 44)
    with pytest.raises(InputError, match="size '1024'; expected WIDTHxHEIGHT"):
        ServerSettings(size="1024")


def test_what_a_server_turns_down_by_name_is_left_out_from_then_on(server: EditsServer) -> None:
    server.script = [
        refusal(400, "Unknown parameter: 'response_format'."),
        refusal(422, "extra field: seed"),
    ]
    maker = ServerMaker(server.url, sleep=WAITS.append)
    first, _ = maker.make([brief(1), brief(2)])
    assert [sorted(request.fields) for request in server.came[1:]] == [
        ["image", "n", "prompt", "seed", "size"],
        ["image", "n", "prompt", "size"],
        ["image", "n", "prompt", "size"],
    ]
    assert first.asked.seed is None


def test_a_rewritten_prompt_is_told(server: EditsServer) -> None:
    server.script = [encoded(png((64, 32)), revised_prompt="A woman.")]
    assert one(server).asked.settings["rewritten"] == "A woman."


def test_a_picture_may_lie_at_a_url_of_the_same_server(server: EditsServer) -> None:
    for url in (f"{server.url}/made.png", "/made.png"):
        told = Reply(json.dumps({"data": [{"url": url}]}).encode())
        server.script = [told, Reply(png((64, 32), "gold"))]
        assert one(server).picture.getpixel((5, 5)) == (255, 215, 0)
        assert server.came[-1].path == "/made.png"


def test_a_picture_of_another_server_is_not_fetched_and_the_key_stays(
    server: EditsServer,
) -> None:
    with EditsServer() as other:
        told = Reply(json.dumps({"data": [{"url": f"{other.url}/made.png"}]}).encode())
        assert f"a picture at {other.url}" in fault(server, told)
        assert other.came == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirection_is_followed(status: int, server: EditsServer) -> None:
    with EditsServer() as other:
        away = Reply(b"", status, {"Location": f"{other.url}/v1/images/edits"})
        assert f"a redirection to {other.url}" in fault(server, away)
        assert other.came == []
    here = Reply(b"", status, {"Location": f"{server.url}/elsewhere"})
    assert "a redirection to" in fault(server, here)
    assert {request.path for request in server.came} == {"/v1/images/edits"}


def test_a_busy_server_is_asked_again_when_it_says(server: EditsServer) -> None:
    server.script = [
        refusal(429, "slow down", Retry_After="7"),
        refusal(503, "starting"),
        refusal(500, "oh"),
    ]
    assert one(server).picture.size == (56, 40)
    assert WAITS == [7, 2, 4]


def test_but_not_for_ever(server: EditsServer) -> None:
    assert "503 (starting)" in fault(server, refusal(503, "starting"))
    assert len(server.came) == 5
    assert WAITS == [1, 2, 4, 8]
    told = fault(server, refusal(429, "slow down", Retry_After="3600"))
    assert "it asks to wait 3600 s; expected at most 60 s" in told


def _bomb() -> bytes:
    """The header of a picture of two billion pixels, and little behind it."""
    chunks = {b"IHDR": struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0), b"IDAT": b"x"}
    written = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refusal(401, "Incorrect API key"), "401 (Incorrect API key); expected a key"),
        (refusal(403, "no"), "set OPENAI_API_KEY"),
        (refusal(404, "no such model"), "404 (no such model); expected a model that the server"),
        (refusal(402, "pay"), "expected an account with money in it"),
        (refusal(400, "blocked by moderation"), "400 (blocked by moderation)"),
        (Reply(b"<html>hi", headers={"Content-Type": "text/html"}), "no JSON (text/html: <html>hi"),
        (Reply(b"Not Found", 404), "404 (Not Found)"),
        (Reply(b"[]"), "an answer without a picture"),
        (Reply(b'{"data": []}'), "an answer without a picture"),
        (Reply(b'{"data": [{"b64_json": "@"}]}'), "base64 that is damaged"),
        (Reply(b'{"data": [{}]}'), "neither b64_json nor a url"),
        (encoded(b"no picture"), "a picture that is not a picture that can be read"),
        (encoded(png((64, 32))[:60]), "a picture that is damaged or cut short"),
        (encoded(b""), "a picture that is empty"),
        (encoded(_bomb()), "a picture that is too large"),
        (encoded(png((32, 64))), "a picture of 32x64; expected 64x32, as was asked"),
        (encoded(png((64, 32)))._replace(cut=30), "the connection failed"),
    ],
)
def test_each_fault_is_one_clear_line(reply: Reply, said: str, server: EditsServer) -> None:
    assert said in fault(server, reply)


def test_an_answer_that_does_not_end_in_time_is_not_waited_for_nor_asked_again(
    server: EditsServer,
) -> None:
    limits = Limits(seconds=0.3)
    for slow in (0.05, 1.0):  # dripping, and silent
        server.script = [encoded(png((64, 32)))._replace(slow=slow)]
        server.came.clear()
        with pytest.raises(MakerError, match=r"no whole answer within 0\.3 s"):
            one(server, limits=limits)
        assert len(server.came) == 1


def test_an_answer_without_end_is_not_read_to_it(server: EditsServer) -> None:
    server.script = [Reply(b" " * 2**21)]
    with pytest.raises(MakerError, match="an answer of more than 1 MiB"):
        one(server, limits=Limits(most_bytes=2**20))


def test_a_server_that_is_not_there_is_told(server: EditsServer) -> None:
    with EditsServer() as gone:
        url = gone.url
    with pytest.raises(MakerError, match=r"the connection failed .ConnectError"):
        list(ServerMaker(url).make([brief()]))


def test_without_a_key_none_is_sent(server: EditsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    one(server)
    assert server.came[0].key is None


@pytest.mark.parametrize(
    "url", ["ftp://host/v1", "host/v1", "http:///v1", "https://user:sk-1@host/v1"]
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(InputError) as told:
        ServerMaker(url)
    assert "sk-1" not in str(told.value)


def test_an_address_is_taken_whole_or_up_to_its_version(server: EditsServer) -> None:
    for address in ("/v1", "/v1/", "/v1/images/edits", "/v1/images/edits?api-version=3"):
        list(ServerMaker(server.url + address).make([brief()]))
    assert [request.path for request in server.came] == [
        *["/v1/images/edits"] * 3,
        "/v1/images/edits?api-version=3",
    ]


def test_one_connection_s_trouble_is_not_the_next_one_s(server: EditsServer) -> None:
    maker = ServerMaker(server.url, sleep=WAITS.append)
    server.script = [refusal(401, "no")]
    with pytest.raises(MakerError):
        list(maker.make([brief()]))
    server.always = as_asked
    assert len(list(maker.make([brief(), brief(4)]))) == 2
