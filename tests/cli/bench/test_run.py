"""`bench build`, `run` and `score` as a shell would see them; makers have their own processes."""

import json
import random
import shutil
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.bench.killed import begun
from tests.cli.running import refused, run
from tests.cutbench.frozen import entry, frozen
from tests.cuts.sample import found
from tests.makers.edits_server import EditsServer

from cut2next.cutbench.benchmark import open_benchmark
from cut2next.cuts.writer import CutWriter
from cut2next.film import EditingPattern

MAKERS = Path(__file__).parents[2] / "cutbench" / "makers.py"
KILLS = 20


def judged(out: Path) -> dict[str, object]:
    """What a report says, but for how long things took and by which command."""
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    for maker in told["makers"].values():
        del maker["seconds"]
    del told["command"]
    assert isinstance(told, dict)
    return told


def test_makers_are_asked_and_judged_beside_controls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen(tmp_path / "walls")
    out = tmp_path / "out"
    asked = ["bench", "run", "--cases", str(tmp_path / "walls"), "--out", str(out)]
    makers = f"{MAKERS}:blue,truth,copy-input"
    assert run(*asked, "--makers", makers, "--limit", "3", "--each", "2") == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0].startswith("3 cases")
    assert shown.splitlines()[-3:] == [
        str(out / f"report.{kind}") for kind in ("html", "md", "json")
    ]
    told = judged(out)
    assert list(told["figures"]) == ["blue", "truth", "copy-input", "shuffled"]  # type: ignore[call-overload]
    assert len(list((out / "entries" / "blue" / "shots").iterdir())) == 6
    assert run("bench", "score", str(out), "--cases", str(tmp_path / "walls")) == 2  # of five


def test_a_command_stands_behind_other_makers(tmp_path: Path) -> None:
    frozen(tmp_path / "walls")
    makers = f'{MAKERS}:blue,copier=command:sh -c "cp $0/current.png $0/next.png; : a,b"'
    asked = ["--cases", str(tmp_path / "walls"), "--out", str(tmp_path / "out"), "--limit", "2"]
    assert run("bench", "run", *asked, "--makers", makers) == 0
    told = judged(tmp_path / "out")
    makers_told = told["makers"]
    assert isinstance(makers_told, dict)
    assert list(makers_told) == ["blue", "copier"]
    assert makers_told["copier"]["faults"] == {}


def test_what_a_url_holds_for_its_server_alone_is_told_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen(tmp_path / "walls")
    asked = ["bench", "run", "--cases", str(tmp_path / "walls"), "--out", str(tmp_path / "out")]
    asked += ["--limit", "1", "--leaderboard", str(tmp_path / "board.json"), "--makers"]
    with EditsServer() as server:
        url = f"{server.url}?model=klein&api-key="
        monkeypatch.setattr("sys.argv", ["cut2next", *asked, f"{url}SECRET"])
        assert run(*asked, f"{url}SECRET") == 0
    manifest = json.loads((tmp_path / "out/entries/klein/manifest.json").read_text())
    assert manifest["about"]["what"] == f"{url}…"
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"SECRET" not in path.read_bytes(), path
    assert run(*asked, f"{url}ANOTHER") == 2  # of another maker


def test_an_entrant_makes_pictures_without_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen(tmp_path / "walls")
    shutil.rmtree(tmp_path / "walls" / "truth")
    asked = ["bench", "run", "--cases", str(tmp_path / "walls"), "--makers", f"{MAKERS}:grey"]
    assert run(*asked, "--out", str(tmp_path / "out")) == 0
    told = capsys.readouterr()
    assert told.out == f"{tmp_path / 'out' / 'entries' / 'grey'}\n"
    assert "kept back: hand in what was made" in told.err
    assert not (tmp_path / "out" / "report.html").exists()
    with Image.open(tmp_path / "out" / "entries" / "grey" / "shots" / "0000-1.png") as picture:
        assert picture.mode == "RGB"


@pytest.mark.slow
def test_the_film_sets_cases_are_shot_once_and_judged_exactly(tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ["bench", "run", "--out", str(out), "--makers", f"{MAKERS}:blue", "--limit", "2"]
    assert run(*asked) == 0
    told = judged(out)
    before = (out / "cases" / "benchmark.json").stat().st_mtime_ns
    assert run(*asked) == 0
    assert (out / "cases" / "benchmark.json").stat().st_mtime_ns == before
    assert judged(out) == told
    figures = told["figures"]
    assert isinstance(figures, dict)
    for metric, truth in (("camera", 1), ("look", 1), ("static cut", 0)):
        assert figures["truth"]["all"][metric]["mean"] == truth
    assert figures["copy-input"]["all"]["static cut"]["mean"] == 1
    assert figures["blue"]["all"]["camera"]["mean"] <= 0.5


def test_anybodys_pictures_are_scored(tmp_path: Path) -> None:
    benchmark = frozen(tmp_path / "walls")
    entry(tmp_path / "mine", benchmark)
    asked = ["bench", "score", str(tmp_path / "mine"), "--cases", str(tmp_path / "walls")]
    assert run(*asked, "--out", str(tmp_path / "out")) == 0
    figures = judged(tmp_path / "out")["figures"]
    assert isinstance(figures, dict)
    assert figures["me"]["all"]["psnr"]["mean"] == figures["truth"]["all"]["psnr"]["mean"]


def test_a_benchmark_is_built_from_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with CutWriter(tmp_path / "cuts") as writer:
        for number in range(6):
            pattern = frozenset({list(EditingPattern)[number % 3]})
            writer.add(found(number, film="shown", split="test", patterns=pattern))
    asked = ["bench", "build", str(tmp_path / "cuts"), "-o", str(tmp_path / "bench")]
    assert run(*asked, "--name", "Shown") == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "bench")
    assert open_benchmark(tmp_path / "bench").about.name == "Shown"
    assert "exists and is not empty" in refused(asked, capsys)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (["run"], "the following arguments are required: --makers"),
        (["run", "--makers", ""], "a maker called ''"),
        (["run", "--makers", "mini,mini"], "two makers called 'mini'"),
        (["run", "--makers", "mini", "--cases", "nowhere"], "benchmark.json: does not exist"),
        (["run", "--makers", "mini", "--limit", "0"], "a whole number, 1 or more"),
        (["run", "--makers", "mini", "--each", "101"], "a whole number, 1 to 100"),
        (["run", "--makers", "mini", "--only", "moon"], "'moon' is no part of the film set"),
        (["run", "--makers", "mini", "--leaderboard", "a/b.json"], "a: no such folder"),
        (["run", "--makers", "mini", "--leaderboard", "walls/benchmark.json"], "no leaderboard"),
        (["score", "walls", "--leaderboard", "walls"], "walls: is a folder"),
        (["run", "--makers", "mini", "--dino", "walls"], "walls"),
        (["score", "nowhere"], "no folder of `bench run`"),
        (["score", "nowhere", "--cases", "walls"], "manifest.json: does not exist"),
        (["build", "nowhere", "-o", "bench"], "no such folder"),
        (["build", "walls", "-o", "bench"], "holds no cuts"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    asked: list[str],
    fault: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    frozen(tmp_path / "walls")
    assert fault in refused(["bench", *asked], capsys)
    assert {path.name for path in tmp_path.iterdir()} == {"walls"}


def test_a_truth_that_was_altered_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    benchmark = frozen(tmp_path / "walls")
    assert benchmark.cases[-1].truth is not None
    (tmp_path / "walls/truth" / benchmark.cases[-1].truth.next.file).write_bytes(b"other")
    asked = ["bench", "run", "--cases", "walls", "--makers", f"{MAKERS}:blue", "--out", "out"]
    assert "is not the file that was frozen" in refused(asked, capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_twenty_kills_over_run_and_score_make_the_same_report(tmp_path: Path) -> None:
    frozen(tmp_path / "walls", 8)

    def process(out: str) -> BaseProcess:
        cases, makers = str(tmp_path / "walls"), f"{MAKERS}:slow"
        asked = ["run", "--cases", cases, "--makers", makers, "--out", str(tmp_path / out)]
        return begun(tmp_path / "log", "bench", *asked)

    def made() -> int:
        lines = tmp_path / "killed" / "entries" / "slow" / "shots.jsonl"
        return lines.read_text().count("\n") if lines.exists() else 0

    whole = process("whole")
    whole.join()
    assert whole.exitcode == 0, (tmp_path / "log").read_text()
    chance, at = random.Random(3), set[int]()
    for _ in range(KILLS):
        running, until = process("killed"), made() + chance.randint(0, 1)
        while made() < until and running.exitcode is None:
            running.join(0.01)
        running.join(chance.uniform(0, 0.6))
        running.kill()
        running.join()
        at.add(made())
    last = process("killed")
    last.join()
    assert last.exitcode == 0, (tmp_path / "log").read_text()
    assert len(at) > 3
    assert judged(tmp_path / "killed") == judged(tmp_path / "whole")
    left = [sorted(path.name for path in (tmp_path / out).iterdir()) for out in ("killed", "whole")]
    assert left[0] == left[1]
