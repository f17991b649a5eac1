"""Kills of the server and of its workers, during jobs and edits: nothing accepted is lost."""

import os
import random
import signal
import socket
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from tests.studio.jobs.boards import png
from tests.studio.server.commanded import Commanded

from cut2next.studio.store import State, Store

PANELS = [
    {"id": "p1", "frames": 24},
    {"id": "p2", "frames": 24, "shows": {"summary": "slow"}, "way": {"patterns": ["cut-in"]}},
]


def _begun(board: Path) -> None:
    studio = Commanded(board)
    first = {**PANELS[0], "picture": studio.ask("POST", "pictures", png())}
    scene = {"op": "InsertScene", "at": 0, "scene": {"id": "s", "panels": [first, PANELS[1]]}}
    studio.ask("POST", "operations", {"operation": scene})
    studio.kill()


def _worked(studio: Commanded, moment: random.Random, jobs: set[str]) -> tuple[int, str]:
    """Edits and jobs until a kill; the last version that was promised, and the title with it."""
    version, title, until = 0, "", time.monotonic() + moment.uniform(0.5, 4)
    with suppress(OSError):
        while time.monotonic() < until:
            asked = {"panels": ["p2"], "maker": "tint", "count": 2}
            jobs |= {job["id"] for job in studio.ask("POST", "jobs", asked)["jobs"]}
            new = f"take {moment.randrange(10**6)}"
            board = {"title": new, "width": 640, "height": 360, "numbering": "plain"}
            done = studio.ask("POST", "operations", {"operation": {"op": "EditBoard", **board}})
            version, title = done["version"], new
            if moment.random() < 0.5 and studio.workers:
                os.kill(moment.choice(studio.workers), signal.SIGKILL)
            time.sleep(moment.uniform(0, 0.3))
    return version, title


def _below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_a_kill_leaves_lies_in_the_boards_folder_until_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, system = tmp_path / "board", tmp_path / "system"
    system.mkdir()
    monkeypatch.setenv("TMPDIR", str(system))
    studio = Commanded(board)
    picture = studio.ask("POST", "pictures", png())
    address = urlsplit(studio.link)
    with urlopen(f"{studio.link}api/pictures/{picture['sha256']}?width=160", timeout=60) as small:
        assert small.read()
    with socket.create_connection((str(address.hostname), address.port or 0)) as coming:
        head = f"POST /api/films?name=a.mp4 HTTP/1.1\r\nHost: {address.netloc}\r\n"
        head += "Content-Type: application/octet-stream\r\nContent-Length: 4000000\r\n\r\n"
        coming.sendall(head.encode() + bytes(2_000_000))
        for _ in range(100):
            if any(path.stat().st_size >= 10**6 for path in (board / "films").rglob("film")):
                break
            time.sleep(0.1)
        left = _below(board)
        studio.kill()
    assert any(name.startswith("films/") for name in left)
    assert any(name.endswith("-160.jpg") for name in left)
    assert _below(system) == set()
    with closing(Store.open(board)):
        pass
    assert _below(board) == {"board.sqlite", f"pictures/{picture['sha256']}"}


@pytest.mark.parametrize(
    ("kills", "seed"),
    [
        pytest.param(2, 1, marks=pytest.mark.slow),
        pytest.param(30, 2, marks=pytest.mark.slow),
    ],
)
def test_nothing_accepted_is_lost_and_no_job_is_done_twice(
    kills: int, seed: int, tmp_path: Path
) -> None:
    moment, folder, jobs = random.Random(seed), tmp_path / "board", set[str]()
    _begun(folder)
    for _ in range(kills):
        studio = Commanded(folder)
        version, title = _worked(studio, moment, jobs)
        workers = studio.workers
        studio.kill()
        with closing(Store.open(folder)) as store:
            assert version <= store.version
            assert not title or title == store.board.title
            assert jobs <= {job.id for job in store.jobs()}
        time.sleep(0.5)
        assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    studio = Commanded(folder)
    for _ in range(600):
        states = {job["state"] for job in studio.ask("GET", "jobs")["jobs"]}
        if not states & {"waiting", "running"}:
            break
        time.sleep(0.5)
    assert "Traceback" not in studio.end()
    with closing(Store.open(folder)) as store:
        done = [job.candidate for job in store.jobs((State.DONE,))]
        assert len(done) == len(set(done)) == len(store.board.candidates)
        assert set(done) == {each.id for each in store.board.candidates}
        failed = store.jobs((State.FAILED,))
        assert all(job.tries == 3 for job in failed)
        assert not store.jobs((State.WAITING, State.RUNNING))
        for candidate in store.board.candidates:
            assert store.pictures.image(candidate.picture).size == (64, 48)
