"""Kills of the server and of its workers, during jobs and edits: nothing accepted is lost."""

import os
import random
import signal
import time
from contextlib import closing, suppress
from pathlib import Path

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
