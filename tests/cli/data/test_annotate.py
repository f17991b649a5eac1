"""`cut2next data annotate` against a server on loopback that speaks as the services do."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.annotation.server import KEY, MODEL, NONSENSE, Fault, LoopbackServer
from tests.cuts.sample import found

from cut2next.cli.main import main
from cut2next.cuts.annotating import ANSWERS, TOOL
from cut2next.cuts.dataset import read_records
from cut2next.cuts.record import ShotRecord
from cut2next.cuts.writer import CutWriter
from cut2next.film import IndividualPrompt, RelationalPrompt
from cut2next.film.locking import LOCK
from cut2next.film.scratch import PARTIAL


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with LoopbackServer() as running:
        yield running


def bare(shot: ShotRecord) -> ShotRecord:
    """A shot as rawcuts leaves it."""
    return ShotRecord(
        name=shot.name, image=shot.image, prompt=IndividualPrompt(summary=""), span=shot.span
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four cuts without prompts, one of them left out by a filter."""
    with CutWriter(tmp_path / "cuts") as writer:
        for number in range(4):
            record = found(number)
            writer.add(
                found(
                    number,
                    current=bare(record.current),
                    next=bare(record.next),
                    patterns=frozenset(),
                    relational=RelationalPrompt(transition=""),
                    rejected=("motion: 20 is over 15",) if number == 3 else (),
                )
            )
    return tmp_path / "cuts"


def options(server: LoopbackServer, which: str) -> list[str]:
    url = server.url if which == "gemini" else f"{server.url}/v1"
    return ["--annotator", which, "--model", MODEL, "--base-url", url]


def annotated(folder: Path) -> list[str]:
    return [record.id for record in read_records(folder) if record.annotated]


@pytest.mark.parametrize("which", ["gemini", "openai"])
def test_kept_cuts_get_their_prompts(
    which: str, server: LoopbackServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "annotate", str(folder), *options(server, which)]) == 0
    shown = capsys.readouterr().out
    assert "3 cuts, 9 questions" in shown
    assert "3 cuts annotated" in shown
    assert annotated(folder) == [found(number).id for number in range(3)]
    record = next(read_records(folder, split="train"))
    assert record.patterns
    assert record.relational.transition
    assert record.made_by[-1].tool == TOOL
    assert record.made_by[-1].parameters["model"].endswith(MODEL)
    assert record.scores["inconsistencies"] == 0
    assert record.current.span == found(0).current.span
    server.asked.clear()
    assert main(["data", "annotate", str(folder), *options(server, which)]) == 0
    assert not server.asked


def test_an_estimate_asks_nothing(
    server: LoopbackServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--estimate", "--prices", "1000", "1000", "--rejected"]
    assert main(["data", "annotate", str(folder), *options(server, "openai"), *more]) == 0
    shown = capsys.readouterr().out
    assert "4 cuts, 12 questions" in shown
    assert "in money" in shown
    assert not server.asked
    assert not annotated(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "data"]


def test_a_card_that_a_kill_kept_from_its_place_is_put_there(
    server: LoopbackServer, folder: Path
) -> None:
    asked = ["data", "annotate", str(folder), *options(server, "openai")]
    assert main(asked) == 0
    card = (folder / "README.md").read_text()
    whole = folder / PARTIAL / "whole"
    whole.mkdir(parents=True)
    (folder / PARTIAL / LOCK).touch()
    (folder / "README.md").rename(whole / "README.md")
    assert main(asked) == 0
    assert (folder / "README.md").read_text() == card
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["README.md", ANSWERS, "data"]


def test_a_refusal_is_told_and_no_error(
    server: LoopbackServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script = [Fault(refused="blocked")]
    command = ["data", "annotate", str(folder), *options(server, "gemini"), "--at-once", "1"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "2 cuts annotated, 1 refused" in said.out
    assert "refused: 1" in said.err


def test_what_was_answered_is_written_though_others_fail(
    server: LoopbackServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script = [Fault(status=413)]
    command = ["data", "annotate", str(folder), *options(server, "openai"), "--at-once", "1"]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "1 cuts failed" in said
    assert "Traceback" not in said
    assert len(annotated(folder)) == 2
    assert (folder / ANSWERS).exists()


def test_what_never_fitted_is_asked_again_on_demand_and_then_written(
    server: LoopbackServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.always = NONSENSE
    command = ["data", "annotate", str(folder), *options(server, "openai")]
    assert main(command) == 2
    assert "--again also asks what never fitted" in capsys.readouterr().err
    server.always = None
    asked = len(server.asked)
    assert main(command) == 2
    assert len(server.asked) == asked
    assert main([*command, "--again"]) == 0
    assert len(annotated(folder)) == 3


def test_what_stops_everything_is_one_line(
    server: LoopbackServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.always = Fault(status=401)
    assert main(["data", "annotate", str(folder), *options(server, "openai")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert main(["data", "annotate", str(folder), "--annotator", "openai", "--model", "m"]) == 2
    assert "--base-url" in capsys.readouterr().err


def test_no_file_is_left_in_what_is_no_folder_of_cuts(
    server: LoopbackServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "annotate", str(tmp_path), *options(server, "openai")]) == 2
    assert "holds no cuts" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("which", "url", "told"),
    [
        ("gemini", "localhost:8000", "no server's address: 'localhost:8000'"),
        ("openai", "http://", "no server's address: 'http://'"),
        ("openai", "https://me:a-password@models.example/v1", "a URL with a password"),
        ("openai", "http://no-such-host.invalid/v1", "cannot be asked (ConnectError"),
        ("gemini", "http://127.0.0.1:1", "cannot be asked (ConnectError"),
        ("openai", "{}", "says 404"),
        ("gemini", "{}/v1", "says 404"),
    ],
)
def test_a_wrong_address_is_refused_at_once_and_no_question_asked(
    which: str,
    url: str,
    told: str,
    server: LoopbackServer,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.listing = "/v1/models"
    address = ["--annotator", which, "--model", MODEL, "--base-url", url.format(server.url)]
    begun = time.monotonic()
    assert main(["data", "annotate", str(folder), "--quiet", *address]) == 2
    line = capsys.readouterr().err
    assert told in line
    assert line.count("\n") == 1
    assert "a-password" not in line
    assert time.monotonic() - begun < 10
    assert server.asked == []
    assert annotated(folder) == []
