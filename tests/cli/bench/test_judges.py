"""Judges besides networks: options of `bench score`, and what they put into a report."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.server import KEY, MODEL, LoopbackServer
from tests.cli.running import refused, run
from tests.cutbench.frozen import entry, frozen

from cut2next.annotation.openai_compatible import KEY as VARIABLE
from cut2next.cutbench.geometry.sight import Sight


@pytest.fixture
def scored(tmp_path: Path) -> list[str]:
    """The command that scores somebody's pictures."""
    benchmark = frozen(tmp_path / "walls")
    folder = entry(tmp_path / "mine", benchmark)
    out = ["--cases", str(tmp_path / "walls"), "--out", str(tmp_path / "out")]
    return ["bench", "score", str(folder), *out]


def told(tmp_path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((tmp_path / "out" / "report.json").read_text())
    return report


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    monkeypatch.setenv(VARIABLE, KEY)
    with LoopbackServer() as running:
        running.answer = lambda stills, text, identity: json.dumps(
            {"better": "A"}
            if len(stills) == 3
            else {"patterns": ["cut-in"], "people": "nobody", "place": "same"}
        )
        yield running


def test_a_vision_language_model_judges_and_is_asked_once(
    scored: list[str], server: LoopbackServer, tmp_path: Path
) -> None:
    asked = ["--judge", "openai", "--judge-model", MODEL, "--judge-url", f"{server.url}/v1"]
    assert run(*scored, *asked) == 0
    figures, count = told(tmp_path)["figures"], len(server.asked)
    assert figures["truth"]["all"]["judge: preferred to the truth"]["mean"] == 0.5
    assert figures["me"]["all"]["judge: pattern"]["mean"] == pytest.approx(1 / 5)
    assert figures["me"]["all"]["judge: people"]["mean"] == 1
    assert run(*scored, *asked) == 0
    assert told(tmp_path)["figures"] == figures
    assert len(server.asked) == count
    kept = (tmp_path / "out" / "judge-answers.jsonl").read_text()
    assert kept.count('"raw"') == count


def test_a_judge_without_a_name_or_an_address_is_refused(
    scored: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no --judge-model" in refused([*scored, "--judge", "openai"], capsys)
    line = refused([*scored, "--judge", "openai", "--judge-model", "any"], capsys)
    assert "no --judge-url" in line


def test_a_judge_that_cannot_be_asked_is_refused_before_anything_is_judged(
    scored: list[str],
    server: LoopbackServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def judged(*_: object) -> None:
        raise AssertionError("something was judged")

    monkeypatch.setattr("cut2next.cli.bench.score.report_on", judged)
    asked = [*scored, "--judge", "openai", "--judge-model", MODEL, "--judge-url"]
    for url, told in (
        ("http://127.0.0.1:1/v1", "cannot be asked (ConnectError"),
        (f"{server.url}/v2/v1/", "says 404"),
        ("127.0.0.1:8000/v1", "no server's address"),
    ):
        monkeypatch.setattr(server, "listing", "/v1/models")
        assert told in refused([*asked, url], capsys)
    assert server.asked == []
    assert not (tmp_path / "out").exists()


def test_faces_without_weights_name_the_command_that_fetches_them(
    scored: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "cut2next weights fetch faces" in refused([*scored, "--faces"], capsys)


def test_faces_are_columns_of_a_report(
    scored: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cutbench.geometry.faces import face, sight

    class OneFace:
        facts = None

        def sight(self, picture: object) -> Sight:
            return sight(face(0, yaw=30))

    monkeypatch.setattr(
        "cut2next.cutbench.geometry.face_watcher.face_watcher", lambda store: OneFace()
    )
    assert run(*scored, "--faces") == 0
    figures = told(tmp_path)["figures"]["me"]["all"]
    assert {name: figures[name]["mean"] for name in ("identity kept", "head count")} == {
        "identity kept": 1,
        "head count": 1,
    }
    assert figures["pattern adherence"]["mean"] == 0  # the same face, and no cut
