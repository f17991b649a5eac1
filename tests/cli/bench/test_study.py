"""`cut2next bench study`: who is asked, where, and what is counted; and what is refused."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest
from tests.cli.running import refused, run
from tests.cutbench.study.serving import Client
from tests.cutbench.study.studies import furnished

from cut2next.cutbench.study.order import Side, turns
from cut2next.cutbench.study.votes import open_votes, read_votes

RATERS = ("Anna", "Ben", "Cleo", "Dora", "Emil")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the cases of a benchmark, and entries called good and bad."""
    furnished(tmp_path, cases=20)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def serving(port: int, *options: str) -> Iterator[list[str]]:
    """The command as a process, ended at last by a signal that it cannot hear; gives its links."""
    command = [sys.executable, "-m", "cut2next", "bench", "study", "cases", "good", "bad"]
    process = subprocess.Popen(
        [*command, "--port", str(port), *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        names = next((options[at + 1] for at, one in enumerate(options) if one == "--raters"), "")
        lines = [process.stdout.readline().strip() for _ in range(1 + len(names.split(",")))]
        yield [line.rpartition(" ")[2] for line in lines]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as at:
        return int(at.getsockname()[1])


def answer_all(port: int, link: str) -> None:
    """A rater who sends every answer twice, and again when nothing comes back."""
    client, deadline, done = Client(port), time.monotonic() + 120, 0
    path = link.removeprefix(f"http://127.0.0.1:{port}")
    while time.monotonic() < deadline:
        try:
            if not client.cookies:
                client.get(path)
            _, state = client.get("/api/state")
            assert state["done"] >= done  # what the server said was kept, is
            if state["question"] is None:
                return
            word, side = state["question"]["word"], side_of(state["done"])
            for _ in range(2):
                status, state = client.vote(word, side)
                assert status == 200
                done = state["done"]
        except (OSError, HTTPException):
            time.sleep(0.05)  # the server was killed


def side_of(done: int) -> Side:
    """What every rater here answers after so many answers."""
    return Side.LEFT if done % 3 else Side.RIGHT


def test_five_raters_and_three_kills_lose_no_vote_and_double_none(desk: Path) -> None:
    port, votes = free_port(), desk / "votes.sqlite"
    options = ("--repeats", "1", "--checks", "0", "--raters", ",".join(RATERS))
    hands: list[threading.Thread] = []
    for enough in (50, 110, 160, 201):
        with serving(port, *options) as (_, *links):
            if not hands:
                hands = [threading.Thread(target=answer_all, args=(port, one)) for one in links]
                for hand in hands:
                    hand.start()
            counted = read_votes(votes)
            while len(counted.given()) < enough and any(hand.is_alive() for hand in hands):
                time.sleep(0.01)
            counted.close()
    for hand in hands:
        hand.join()
    counted = read_votes(votes)
    assert [rater.name for rater in counted.raters()] == list(RATERS)
    assert len(counted.given()) == 200
    for rater in counted.raters():
        given = {vote.key: vote.side for vote in counted.given(rater)}
        asked = [turn.key for turn in turns(counted.study, rater.number)]
        assert [given[key] for key in asked] == [side_of(done) for done in range(40)]
    counted.close()


def test_results_are_told_as_a_table_and_as_json(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    votes = open_votes(desk / "votes.sqlite", furnished(desk / "again", cases=4).study())
    votes.join("Anna")
    votes.close()
    assert run("bench", "study", "--results", "votes.sqlite") == 0
    assert "0 of 1 raters counted" in capsys.readouterr().out
    assert run("bench", "study", "--results", "votes.sqlite", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["makers"] == ["good", "bad"]
    assert set(told["questions"]) == {"continuity", "adherence"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "no pictures to compare; expected CASES and two entries or more; or --results FILE"),
        (["cases"], "0 entries; expected two or more"),
        (["cases", "good"], "1 entries; expected two or more"),
        (["cases", "good", "good"], "several entries of the maker good"),
        (["cases", "good", "none"], "none/manifest.json: does not exist"),
        (["good", "good", "bad"], "good/benchmark.json: does not exist"),
        (["cases", "good", "bad", "--checks", "1001"], "expected a whole number, 0 to 1000"),
        (["cases", "good", "bad", "--items", "0"], "expected a whole number, 1 to 5000"),
        (["cases", "good", "bad", "--votes", "none/votes.sqlite"], "none: no such folder"),
        (["cases", "good", "bad", "--votes", "cases/benchmark.json"], "expected votes of a study"),
        (["cases", "good", "bad", "--port", "99999"], "expected a whole number, 0 to 65535"),
        (["cases", "good", "bad", "--host", "192.0.2.1"], "expected an address of this machine"),
        (["cases", "good", "bad", "--host", "0.0.0.0", "--key", "short"], "a key of 5 letters"),
        (["cases", "good", "bad", "--raters", "x" * 41], "a long name; expected 1 to 40 letters"),
        (["--results", "none.sqlite"], "none.sqlite: no such file"),
        (["--results", "cases/benchmark.json"], "expected votes of a study"),
        (["cases", "--results", "none.sqlite"], "cases beside --results; expected one of them"),
    ],
)
def test_what_cannot_be_asked_or_counted_is_refused(
    desk: Path, options: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert line in refused(["bench", "study", "--quiet", *options], capsys)


def test_an_altered_picture_is_found_before_anyone_is_asked(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (desk / "bad" / "7.png").read_bytes()
    (desk / "bad" / "7.png").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    said = refused(["bench", "study", "--quiet", "cases", "good", "bad"], capsys)
    assert "bad/7.png: is not the file that was frozen" in said


def test_a_port_that_is_taken_is_told(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(
            ["bench", "study", "--quiet", "cases", "good", "bad", "--port", port], capsys
        )
    assert "in use; expected an address of this machine and a free port" in said


def test_others_are_listened_to_with_a_key_that_stays(desk: Path) -> None:
    port = free_port()
    links = []
    for _ in range(2):
        with serving(port, "--host", "0.0.0.0", "--raters", "Anna") as (_, link):
            guest = Client(port)
            assert guest.get("/")[0] == 403
            assert guest.get("/" + link.partition(f":{port}/")[2])[0] == 303
            assert guest.get(guest.headers["Location"])[0] == 303
            assert guest.get("/api/state")[1]["name"] == "Anna"
            links.append(link)
    assert links[0] == links[1]
    assert "key=" in links[0]


def test_a_keyboard_interrupt_ends_it_quietly(desk: Path) -> None:
    command = [sys.executable, "-m", "cut2next", "bench", "study", "cases", "good", "bad"]
    process = subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Shells have what they put into the background ignore it, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.count("\n")) == (130, "", 1)
    assert not list(desk.glob("votes.sqlite-*"))  # all is in the one file
