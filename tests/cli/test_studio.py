"""`cut2next studio` serves a board from an empty folder, and ends when it is told to."""

import signal
import time
import urllib.request
from argparse import ArgumentParser
from pathlib import Path

import pytest
from tests.cli.running import run
from tests.curation.desks import written
from tests.studio.jobs.boards import png
from tests.studio.server.commanded import Commanded

from cut2next.cli.studio import _door, add_arguments


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_new_board_without_torch_and_ends(tmp_path: Path, by: signal.Signals) -> None:
    words = tmp_path / "words"
    words.mkdir()
    (words / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    asked = ("--annotator", "local", "--annotator-model", str(words))
    studio = Commanded(tmp_path / "board", "--maker", "mini", *asked)
    try:
        assert [each["name"] for each in studio.ask("GET", "makers")] == ["tint", "mini"]
        loaded = Path(f"/proc/{studio.process.pid}/maps").read_text()
        assert not [name for name in ("libtorch", "libarrow") if name in loaded]
    finally:
        studio.process.send_signal(by)
        _, err = studio.process.communicate(timeout=60)
    assert studio.process.returncode == 128 + by
    assert "Traceback" not in err
    assert sorted(path.name for path in (tmp_path / "board").iterdir()) == [
        "board.sqlite",
        "pictures",
    ]


def test_a_curation_is_served_and_refused_to_a_second_studio(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cuts = written(tmp_path / "cuts")
    studio = Commanded(tmp_path / "board", "--curate", str(cuts))
    try:
        with urllib.request.urlopen(f"{studio.link}curate/", timeout=60) as page:
            assert b"Curation of cuts" in page.read()
        words = ["--curate", str(cuts), "--port", "0", "--headless"]
        assert run("studio", str(tmp_path / "other"), *words) == 2
        assert "another process" in capsys.readouterr().err
        assert not (tmp_path / "other").exists()
    finally:
        studio.end()
    assert [path.name for path in (cuts / "curation").iterdir() if path.name[0] == "."] == []


@pytest.mark.parametrize("hangs", [False, True], ids=["done", "in the midst"])
def test_it_ends_without_a_word_on_what_a_maker_has_left(tmp_path: Path, hangs: bool) -> None:
    sign = tmp_path / "sign"
    studio = Commanded(tmp_path / "board")
    try:
        picture = studio.ask("POST", "pictures", png("teal", (64, 48)))
        shows = {"summary": f"hang {sign}" if hangs else "a face"}
        panels = [{"id": "p1", "frames": 24, "picture": picture}]
        panels += [{"id": "p2", "frames": 24, "shows": shows, "way": {"patterns": ["cut-in"]}}]
        scene = {"op": "InsertScene", "at": 0, "scene": {"id": "s", "panels": panels}}
        studio.ask("POST", "operations", {"operation": scene})
        studio.ask("POST", "jobs", {"panels": ["p2"], "maker": "tint"})
        for _ in range(300):
            (job,) = studio.ask("GET", "jobs")["jobs"]
            if job["state"] == "done" or sign.exists():
                break
            time.sleep(0.1)
        assert sign.exists() == hangs, job
    finally:
        told = studio.end()
    assert [line for line in told.splitlines() if "panels; Ctrl-C" not in line] == []


def test_two_studios_on_any_free_port_have_two_cookies() -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["--port", "0", "--key", "a-key-of-some-length"])
    assert _door(args).cookie != _door(args).cookie


@pytest.mark.slow
def test_the_first_picture_of_the_mini_model_comes(tmp_path: Path) -> None:
    studio = Commanded(tmp_path / "board", "--maker", "mini")
    try:
        picture = studio.ask("POST", "pictures", png("teal", (384, 160)))
        panels = [{"id": "p1", "frames": 24, "picture": picture}, {"id": "p2", "frames": 24}]
        scene = {"op": "InsertScene", "at": 0, "scene": {"id": "s", "panels": panels}}
        studio.ask("POST", "operations", {"operation": scene})
        wanted = {"panels": ["p2"], "maker": "mini", "patterns": [["cut-in"]]}
        studio.ask("POST", "jobs", wanted)
        for _ in range(600):
            (job,) = studio.ask("GET", "jobs")["jobs"]
            if job["state"] not in ("waiting", "running"):
                break
            time.sleep(0.5)
        assert job["state"] == "done", job
        assert job["step"] == job["steps"] > 1
        (candidate,) = studio.ask("GET", "board")["board"]["candidates"]
        assert (candidate["picture"]["width"], candidate["picture"]["height"]) == (384, 160)
    finally:
        studio.end()


def test_a_script_is_put_onto_an_empty_board_and_onto_no_other(tmp_path: Path) -> None:
    script = tmp_path / "script.fountain"
    script.write_text("INT. KITCHEN - DAY\n\nAnna opens the door.\n")
    studio = Commanded(tmp_path / "board", "--import", str(script))
    try:
        (scene,) = studio.ask("GET", "board")["board"]["scenes"]
        assert scene["heading"] == "INT. KITCHEN - DAY"
    finally:
        studio.end()
    again = Commanded(tmp_path / "board", "--import", str(script))
    _, err = again.process.communicate(timeout=60)
    assert again.process.returncode == 2
    assert "which has panels" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--key", "short"], "a key of 5 letters"),
        (["--maker", "mini", "--maker", "mini"], "two makers called mini"),
        (["--maker", "nowhere"], "nowhere"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--devices", "0"], "--devices"),
        (["--import", "missing.fountain"], "missing.fountain"),
        (["--films", "missing"], "missing"),
        (["--curate", "missing"], "missing"),
        (["--annotator", "openai"], "--annotator-model"),
        (["--annotator", "local", "--annotator-model", "nowhere"], "holds no safetensors"),
        (["--study", "cases", "--key", "a-key-of-some-length"], "this machine alone"),
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


SERVED = ("--port", "0", "--headless")


@pytest.mark.parametrize("is_there", [False, True])
def test_what_cannot_be_imported_leaves_no_board(
    is_there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board, bad = tmp_path / "board", tmp_path / "bad.otio"
    bad.write_text("no timeline")
    if is_there:
        board.mkdir()
    assert run("studio", str(board), "--import", str(bad), *SERVED) == 2
    assert "bad.otio" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == sorted([bad, *([board] if is_there else [])])


def test_what_is_imported_is_on_a_new_board_and_never_on_one_with_panels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stills, board = tmp_path / "stills", tmp_path / "board"
    stills.mkdir()
    for color in ("red", "blue"):
        (stills / f"{color}.png").write_bytes(png(color))
    studio = Commanded(board, "--import", str(stills))
    try:
        told = studio.ask("GET", "board")["board"]
        panels = [panel for scene in told["scenes"] for panel in scene["panels"]]
        assert len(panels) == 2
        kept = {path.name for path in (board / "pictures").iterdir()}
        assert {panel["picture"]["sha256"] for panel in panels} == kept
    finally:
        studio.end()
    assert run("studio", str(board), "--import", str(stills), *SERVED) == 2
    assert "which has panels" in capsys.readouterr().err
