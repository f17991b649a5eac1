"""Workers neither hang on nor end what started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from cut2next.film import InputError, workers
from cut2next.film.workers import in_order, processors, run_program, worker_pool


def _end_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _press_ctrl_c() -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return os.getpid()


def test_only_the_processors_of_this_process_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5})
    assert processors() == 2


@pytest.mark.parametrize(
    ("quota", "count"), [("max 100000", 4), ("200000 100000", 2), ("50000 100000", 1), ("9 1", 4)]
)
def test_a_container_has_what_it_may_use(
    quota: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    monkeypatch.setattr(workers, "_QUOTA", tmp_path / "cpu.max")
    assert processors() == 4
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert processors() == count


def test_results_come_in_order_and_jobs_are_taken_a_few_ahead() -> None:
    taken = []

    def jobs() -> Iterator[Future[int]]:
        for number in range(6):
            taken.append(number)
            job: Future[int] = Future()
            job.set_result(number)
            yield job

    results = in_order(jobs(), 2)
    assert next(results) == 0
    assert taken == [0, 1, 2]
    assert list(results) == [1, 2, 3, 4, 5]


def test_a_worker_that_is_ended_from_outside_is_an_error_in_one_line() -> None:
    ended = pytest.raises(InputError, match="one of 2 processes was ended from outside; expected")
    with ended, worker_pool(2) as pool:
        pool.submit(_end_oneself).result()


def test_a_single_worker_is_no_other_process_and_what_waits_is_left_when_it_ends() -> None:
    with worker_pool(1) as pool:
        assert pool.submit(os.getpid).result() == os.getpid()
        waiting = [pool.submit(time.sleep, 0.1) for _ in range(20)]
    assert waiting[-1].cancelled()


def test_a_worker_leaves_ctrl_c_to_its_parent_and_ends_with_the_pool() -> None:
    with worker_pool(2) as pool:
        worker = pool.submit(_press_ctrl_c).result()
        assert worker != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def _group_is_empty(group: int) -> bool:
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


_RUNS = """
import sys
from pathlib import Path
from cut2next.film.workers import run_program
run_program(["sh", "-c", "echo $$ > pid; sleep 1000 & sleep 1000"], folder=Path(sys.argv[1]))
"""


def test_a_program_and_what_it_began_end_with_whoever_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    begun = subprocess.Popen(
        [sys.executable, "-c", _RUNS, str(folder)], cwd=tmp_path, start_new_session=True
    )
    while not (pid := tmp_path / "pid").exists() or not pid.read_text():
        time.sleep(0.02)
        assert begun.poll() is None
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    assert _group_is_empty(int(pid.read_text()))
    for _ in range(200):
        if not folder.exists():
            break
        time.sleep(0.02)
    assert not folder.exists()


def test_a_program_is_run_to_its_end(tmp_path: Path) -> None:
    ran = run_program(["sh", "-c", "cat; echo out; echo err >&2; exit 3"], folder=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, b"out\n", b"err\n")
    assert tmp_path.exists()
    assert run_program(["sh", "-c", "kill -9 $$"]).returncode == 137
    with pytest.raises(FileNotFoundError):
        run_program(["no-such-program"])
    with pytest.raises(subprocess.TimeoutExpired):
        run_program(["sleep", "1000"], seconds=0.2)


def test_what_the_system_does_not_run_is_told_as_the_system_does(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("no program\n")
    program.chmod(0o755)
    ran = run_program([str(program)])
    assert (ran.returncode, ran.stderr) == (1, b"Exec format error\n")
