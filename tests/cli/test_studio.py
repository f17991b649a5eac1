"""`cut2next studio` serves a board from an empty folder, and ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from tests.cli.running import run

MAKER = Path(__file__).parent.parent / "studio" / "jobs" / "makers_of_test.py"


def begun(tmp_path: Path, *words: str) -> tuple["subprocess.Popen[str]", str]:
    """The command, and the address that it told."""
    command = [sys.executable, "-m", "cut2next", "studio", str(tmp_path / "board")]
    process = subprocess.Popen(
        [*command, "--port", "0", "--headless", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_new_board_without_torch_and_ends(tmp_path: Path, by: signal.Signals) -> None:
    process, link = begun(tmp_path, "--maker", "mini", "--maker", f"tint={MAKER}:next_shot")
    try:
        with urllib.request.urlopen(f"{link}api/makers", timeout=60) as answer:
            assert [each["name"] for each in json.load(answer)] == ["mini", "tint"]
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        assert "libtorch" not in maps
        with urllib.request.urlopen(f"{link}healthz", timeout=60) as answer:
            assert json.load(answer)["ok"]
    finally:
        process.send_signal(by)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + by
    assert "Traceback" not in err
    assert sorted(path.name for path in (tmp_path / "board").iterdir()) == [
        "board.sqlite",
        "pictures",
    ]


@pytest.mark.slow
def test_the_first_picture_of_the_mini_model_comes(tmp_path: Path) -> None:
    from tests.studio.jobs.boards import png

    process, link = begun(tmp_path)
    try:
        _ask(link, "pictures?source=still", png("teal", (384, 160)), "image/png")
        told = _ask(link, "pictures", png("teal", (384, 160)), "image/png")
        panels = [{"id": "p1", "frames": 24, "picture": told}, {"id": "p2", "frames": 24}]
        scene = {"op": "InsertScene", "at": 0, "scene": {"id": "s", "panels": panels}}
        _ask(link, "operations", {"operation": scene})
        _ask(link, "jobs", {"panels": ["p2"], "maker": "mini", "patterns": [["cut-in"]]})
        for _ in range(600):
            (job,) = _ask(link, "jobs")["jobs"]
            if job["state"] not in ("waiting", "running"):
                break
            time.sleep(0.5)
        assert job["state"] == "done", job
        (candidate,) = _ask(link, "board")["board"]["candidates"]
        assert (candidate["picture"]["width"], candidate["picture"]["height"]) == (384, 160)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _ask(link: str, path: str, body: object = None, kind: str = "application/json") -> dict:  # type: ignore[type-arg]
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{link}api/{path}", data, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=60) as answer:
        told: dict[str, object] = json.load(answer)
        return told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--key", "short"], "a key of 5 letters"),
        (["--maker", "mini", "--maker", "mini"], "two makers called mini"),
        (["--maker", "nowhere"], "nowhere"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--devices", "0"], "--devices"),
    ],
)
def test_what_it_cannot_serve_is_refused_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert run("studio", str(tmp_path / "board"), *words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
    assert not list(tmp_path.iterdir())


def test_two_servers_on_one_board_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cut2next.studio.store import Store

    store = Store.open(tmp_path / "board")
    try:
        assert run("studio", str(tmp_path / "board"), "--port", "0", "--headless") == 2
        assert "another process" in capsys.readouterr().err
    finally:
        store.close()
