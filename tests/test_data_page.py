"""What docs/data.md shows runs, on little films and a server on loopback."""

import csv
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.annotation.server import KEY, MODEL, LoopbackServer
from tests.films.footage import Coding, shots, write_film
from tests.films.test_movienet import movienet

from cut2next.cli.data import COMMANDS
from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records

SERVER = "http://localhost:8000/v1"


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with LoopbackServer() as running:
        yield running


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def commands(page: str) -> list[list[str]]:
    lines = "".join(blocks(page, "sh")).splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("cut2next ")]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two films, and MovieNet in little."""
    monkeypatch.chdir(tmp_path)
    Path("films").mkdir()
    for number, name in enumerate(("one", "two")):
        # One picture comes back, which makes a scene of all.
        numbers = [10 * number + one for one in (0, 1, 0, 2, 0)]
        write_film(Path("films") / f"{name}.mp4", shots(numbers), Coding())
    movienet(Path("MovieNet"), "tt1")
    return tmp_path


def test_it_names_every_command(page: str) -> None:
    for command in COMMANDS:
        assert f"cut2next data {command.NAME} " in page


@pytest.mark.slow
def test_its_commands_and_its_python_run(
    page: str, desk: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in commands(page):
        here = {SERVER: f"{server.url}/v1", "Qwen3-VL": MODEL}
        spoken = [here.get(one, one) for one in arguments]
        if "--apply" in spoken:
            decide(desk / "cuts" / "curation" / "decisions.csv")
        assert main(spoken) == 0, capsys.readouterr().err
    for page_made in ("report", "curation"):
        assert (desk / "cuts" / page_made / "index.html").exists()
    assert len(list(read_records(desk / "curated"))) == 3
    assert all(record.annotated for record in read_records(desk / "cuts", split="train"))
    for code in blocks(page, "python"):
        exec(compile(code, "data.md", "exec"), {})  # what a reader would paste


def decide(path: Path) -> None:
    """Keeps the first three cuts, as a curator would in a spreadsheet."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:3]:
        row["decision"] = "keep"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
