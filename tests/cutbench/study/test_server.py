"""The server of a study, by real requests: what is let in, what is shown, what counts."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from tests.cutbench.study.serving import Client, served
from tests.cutbench.study.studies import Desk, colour, furnished

from cut2next.cutbench.study.order import Side
from cut2next.cutbench.study.votes import Votes, open_votes


@dataclass
class Served:
    """A study that is served, and its votes."""

    desk: Desk
    votes: Votes
    port: int


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two makers on eight cases."""
    return furnished(tmp_path_factory.mktemp("study"))


@pytest.fixture
def here(desk: Desk, tmp_path: Path) -> Iterator[Served]:
    """Served to this machine alone."""
    votes = open_votes(tmp_path / "votes.sqlite", desk.study(repeats=1, checks=1))
    with served(desk, votes) as port:
        yield Served(desk, votes, port)
    votes.close()


@pytest.fixture
def locked(desk: Desk, tmp_path: Path) -> Iterator[Served]:
    """As served to others, with a key."""
    votes = open_votes(tmp_path / "votes.sqlite", desk.study(repeats=1, checks=1))
    with served(desk, votes, host="0.0.0.0", key="a key of some length") as port:
        yield Served(desk, votes, port)
    votes.close()


def test_a_rater_goes_through_to_the_end(here: Served) -> None:
    anna = Client(here.port)
    assert anna.get("/api/state") == (200, {"name": None})
    state = anna.begin("Anna")
    for done in range(18):
        assert (state["name"], state["done"], state["all"]) == ("Anna", done, 18)
        assert state["then"] is None or state["then"] != state["question"]["word"]
        status, state = anna.vote(state["question"]["word"], "left" if done % 3 else "right")
        assert status == 200
        assert len(here.votes.given()) == done + 1
    assert (state["question"], state["then"], state["done"]) == (None, None, 18)
    sides = [vote.side for vote in here.votes.given()]
    assert (sides.count(Side.LEFT), sides.count(Side.RIGHT)) == (12, 6)


def test_what_is_chosen_is_the_picture_that_lay_there(here: Served) -> None:
    anna = Client(here.port)
    state = anna.begin("Anna")
    while state["question"]:
        word = state["question"]["word"]
        reds = {place: pixel(anna, word, place)[0] for place in ("current", "left", "right")}
        chosen = max(("left", "right"), key=lambda place: reds[place])
        _, state = anna.vote(word, chosen)
        assert reds["current"] == colour("current", 0)[0]
    items = here.votes.study.items
    kinds = [
        (items[vote.item].first if vote.chose_first else items[vote.item].second)
        for vote in here.votes.given()
    ]
    # The redder is the maker "bad"; of a check, the truth or any other film's next shot.
    assert {shown.maker for shown in kinds if shown.of == "maker"} == {"bad"}
    assert {shown.of for shown in kinds} == {"maker", "next"}


def test_a_picture_tells_nothing_but_its_pixels(here: Served) -> None:
    anna = Client(here.port)
    word = anna.begin("Anna")["question"]["word"]
    for place in ("current", "left", "right"):
        _, content = anna.get(f"/pictures/{word}/{place}")
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.info == {}
        assert b"made by" not in content
        assert anna.headers["Content-Type"] == "image/png"
    assert anna.headers["Cache-Control"].startswith("private")


def test_how_the_cut_was_asked_for_is_told_in_its_own_question_alone(here: Served) -> None:
    anna = Client(here.port)
    state, told = anna.begin("Anna"), []
    while question := state["question"]:
        told.append(question)
        _, state = anna.vote(question["word"])
    assert [question["asks"] for question in told] == ["continuity"] * 9 + ["adherence"] * 9
    assert not [question for question in told[:9] if {"patterns", "prompt"} & question.keys()]
    assert all("A cut of number" in question["prompt"] for question in told[9:])
    assert [number for number, question in enumerate(told) if question["begins"]] == [0, 9]
    everything = str([{**question, "word": ""} for question in told])  # a word is chance's
    assert "good" not in everything
    assert "bad" not in everything


def test_a_double_click_and_a_late_post_change_nothing(here: Served) -> None:
    anna = Client(here.port)
    word = anna.begin("Anna")["question"]["word"]
    status, after = anna.vote(word, "left")
    assert anna.vote(word, "left") == (status, after)
    later = anna.vote(after["question"]["word"], "right")
    assert anna.vote(word, "left") == later
    status, told = anna.vote(word, "right")
    assert (status, told) == (409, {"error": "That was answered before, or is not asked now."})
    assert sorted(vote.side for vote in here.votes.given()) == [Side.LEFT, Side.RIGHT]


def test_nothing_forged_is_kept(here: Served) -> None:
    anna, ben = Client(here.port), Client(here.port)
    word = anna.begin("Anna")["question"]["word"]
    state = ben.begin("Ben")
    tried = {
        "another's question": ben.vote(word),
        "no question": ben.vote("0" * 32),
        "what is not asked yet": ben.vote(state["then"]),
        "no side": ben.vote(state["question"]["word"], "both"),
        "more than an answer": ben.post(
            "/api/votes", {"word": state["question"]["word"], "side": "left", "rater": 1}
        ),
        "a list": ben.post("/api/votes", []),
        "no JSON": ben.post("/api/votes", b"{"),
        "a number": ben.post("/api/votes", {"word": 7, "side": "left"}),
    }
    stati = [404, 404, 409, 422, 422, 422, 422, 422]
    assert [status for status, _ in tried.values()] == stati, tried
    assert all(told.keys() == {"error"} for _, told in tried.values())
    ben.cookies["cut2next-test-rater"] = "guessed"
    assert ben.vote(state["question"]["word"])[0] == 401
    assert ben.get(f"/pictures/{word}/left")[0] == 401
    assert here.votes.given() == []


def test_a_name_is_taken_once_and_a_link_goes_on_where_one_stopped(here: Served) -> None:
    anna, other = Client(here.port), Client(here.port)
    state = anna.begin("Anna")
    _, state = anna.vote(state["question"]["word"])
    assert anna.post("/api/raters", {"name": "Anna"}) == (200, state)  # who is here goes on
    status, told = other.post("/api/raters", {"name": " anna "})
    assert status == 409
    assert told["error"].startswith("anna has begun already")
    for wrong in ("", "x" * 41):
        assert other.post("/api/raters", {"name": wrong})[0] == 400
    assert other.get(state["link"])[0] == 303
    assert other.get("/api/state") == (200, state)
    assert other.get("/r/guessed")[0] == 404
    other.post("/api/leave", {})
    assert other.get("/api/state") == (200, {"name": None})
    assert len(here.votes.raters()) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/../../../../etc/passwd/left",
        "/pictures/%2e%2e%2f%2e%2e%2fetc%2fpasswd/left",
        "/pictures/c0/left",
        "/pictures/{word}/next",
        "/pictures/{word}/left/../right.png",
        "/cases/c0.png",
        "/page/index.html",
        "/docs",
        "/openapi.json",
        "/r/..",
    ],
)
def test_no_path_of_a_stranger_leads_anywhere(here: Served, path: str) -> None:
    anna = Client(here.port)
    word = anna.begin("Anna")["question"]["word"]
    assert anna.get(path.format(word=word))[0] in (404, 422)


def test_the_page_lets_nothing_foreign_run(here: Served) -> None:
    client = Client(here.port)
    for path in ("/", "/study.js", "/server.js", "/study.css", "/style.css", "/icon.svg", "/no"):
        client.get(path)
        policy = client.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert client.headers["X-Content-Type-Options"] == "nosniff"
        assert client.headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in client.headers
    page = client.get("/")[1].decode()
    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="study.js">') == 1


def test_this_machine_alone_is_listened_to(here: Served) -> None:
    client = Client(here.port)
    for host in ("evil.example", f"evil.example:{here.port}", "127.0.0.1.evil.example", "", "["):
        status, _ = client.get("/", Host=host)
        assert status in (400, 421), host
    for host in ("localhost", f"localhost:{here.port}", "127.0.0.1", "[::1]:1"):
        assert client.get("/", Host=host)[0] == 200, host


def test_what_changes_something_comes_from_the_page_itself(here: Served) -> None:
    anna = Client(here.port)
    word = anna.begin("Anna")["question"]["word"]
    answer = {"word": word, "side": "left"}
    for headers, status in (
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": None}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"http://localhost:{here.port}"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ):
        assert anna.post("/api/votes", answer, **headers)[0] == status, headers
    assert anna.post("/api/votes", {**answer, "more": "x" * 4000})[0] == 413
    assert anna.post("/api/votes", b"", Content_Length="-1")[0] in (400, 411)
    assert here.votes.given() == []
    assert anna.vote(word)[0] == 200


def test_others_need_the_key_of_the_link_once(locked: Served) -> None:
    guest = Client(locked.port)
    for path in (
        "/",
        "/study.js",
        "/api/state",
        "/r/guessed",
        "/?key=",
        "/?key=guessed",
        "/?key=%ff",
    ):
        assert guest.get(path)[0] == 403, path
    assert guest.post("/api/raters", {"name": "Anna"})[0] == 403
    assert guest.get("/api/state", Cookie="cut2next-test=guessed")[0] == 403
    assert guest.get("/?key=a+key+of+some+length")[0] == 303
    assert guest.headers["Location"] == "/"
    cookie = guest.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    state = guest.begin("Anna")
    assert guest.vote(state["question"]["word"])[0] == 200
    other = Client(locked.port)
    assert other.get(state["link"])[0] == 303
    assert other.get(other.headers["Location"])[0] == 303
    assert other.get("/api/state")[1]["name"] == "Anna"


def test_a_link_with_the_key_leads_nowhere_else(locked: Served) -> None:
    guest = Client(locked.port)
    for path in ("//evil.example/", "/\\evil.example", "///evil.example"):
        guest.get(f"{path}?key=a+key+of+some+length")
        target = guest.headers["Location"]
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))


def test_a_served_address_is_one_of_this_machine(locked: Served) -> None:
    guest = Client(locked.port)
    assert guest.get("/", Host="evil.example")[0] == 421
    assert guest.get("/", Host="192.168.1.7:80")[0] == 403  # which asks for the key


def pixel(client: Client, word: str, place: str) -> tuple[int, int, int]:
    """The first of a picture."""
    status, content = client.get(f"/pictures/{word}/{place}")
    assert status == 200
    with Image.open(io.BytesIO(content)) as picture:
        red, green, blue = picture.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
    return int(red), int(green), int(blue)
