"""The README holds what the code says, and its commands and its Python run."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from cut2next.cli.main import COMMANDS, main
from cut2next.conditioning import CLOSED, PAPER, grid
from cut2next.film import EditingPattern
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.provenance import read_provenance, read_sheet
from cut2next.recipes.demo import CUTS, SEQUENCE


@pytest.fixture(scope="module")
def readme(project: Path) -> str:
    return (project / "README.md").read_text(encoding="utf-8")


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", readme, flags=re.DOTALL)


def test_its_grids_are_the_tables(readme: str) -> None:
    assert [block.rstrip() for block in blocks(readme, "text")] == [grid(PAPER), grid(CLOSED)]


@pytest.mark.parametrize("pattern", EditingPattern)
def test_it_defines_the_patterns_as_the_code_does(readme: str, pattern: EditingPattern) -> None:
    assert f"| `{pattern.value}` | {pattern.definition} |" in readme


def test_it_names_every_command(readme: str) -> None:
    for command in COMMANDS:
        assert f"| `cut2next {command.NAME}" in readme


def test_its_links_lead_somewhere(readme: str, project: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", readme):
        assert (project / target).exists(), target


@pytest.mark.parametrize(("name", "count"), [("strip", len(CUTS)), ("sequence", SEQUENCE)])
def test_its_pictures_are_what_the_model_in_the_package_made(
    readme: str, project: Path, name: str, count: int
) -> None:
    assert f"](docs/{name}.png)" in readme
    made = read_sheet(project / "docs" / f"{name}.png")
    assert [each.model for each in made] == ["mini"] * count


def test_nothing_promises_a_package_that_is_not_published(readme: str, project: Path) -> None:
    pages = [readme, *(path.read_text("utf-8") for path in (project / "docs").glob("*.md"))]
    for page in pages:
        assert re.findall("pip install[^.`\n]*cut2next", page) == []


def test_its_commands_run(
    readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = "\n".join(blocks(readme, "sh")).replace("\\\n", " ").splitlines()
    commands = [line for line in lines if line.startswith(".venv/bin/cut2next ")]
    assert len(commands) == 4
    (requests,) = blocks(readme, "json")
    Path("requests.jsonl").write_text(requests, encoding="utf-8")
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, capsys.readouterr().err
    made = {path.name for path in tmp_path.glob("*.png")}
    assert made == {"next.png", "closer.png", "wider.png", "sheet.png"}
    # Each shows people who are there, as they look: a name alone means nobody to the mini model.
    for name in ("next.png", "closer.png", "wider.png"):
        asked = read_provenance(tmp_path / name)
        assert asked is not None
        people = re.findall(r"<\w+> \([^)]+\)", asked.prompt.next.summary)
        assert people
        assert all(person in asked.prompt.current.text for person in people)


def test_its_python_runs(readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(readme, "python")
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)  # what a reader would paste
    assert (tmp_path / "next.png").exists()
    # The picture that it makes is one of whom it speaks.
    said = names["prompt"]
    current = " and ".join(re.findall(r"<\w+> \([^)]+\)", said.current.summary))
    assert f"{current} talk" == said.relational.scene
    assert said.next.summary.partition(" of ")[2].removesuffix(" in the café") in current


def test_it_says_which_part_of_the_film_set_the_mini_model_knows(readme: str) -> None:
    assert f"`--only {Cut2NextPipeline.from_pretrained('mini').config['repertoire']}`" in readme
