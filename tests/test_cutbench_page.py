"""What docs/cutbench.md shows runs, with fewer cases."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.cutbench.frozen import entry, frozen

from cut2next.cli import main as cli
from cut2next.cli.main import main


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs" / "cutbench.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


@pytest.mark.slow
def test_its_first_command_and_its_maker_in_ten_lines_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    first, mine, *_ = blocks(page, "sh")
    assert main(shlex.split(first.replace("--limit 40", "--limit 2"))[1:]) == 0
    maker = blocks(page, "python")[0]
    assert len([line for line in maker.splitlines() if line]) <= 10
    Path("closer.py").write_text(maker)
    words = shlex.split(mine.replace("--limit 40", "--limit 2").replace("mini,", ""))
    assert main(words[1:]) == 0, capsys.readouterr().err
    figures = json.loads(Path("mine/report.json").read_text())["figures"]
    assert figures["closer"]["all"]["psnr"]["count"] == 2


def test_an_entry_as_it_is_told_is_scored(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    benchmark = frozen(tmp_path / "mycases")
    entry(tmp_path / "ENTRY", benchmark)
    (told,) = re.findall(r"`(\{\"cut2next\": \"entry\".*?\})`", page)
    manifest = json.loads(told.replace("DIGEST", benchmark.digest))
    Path("ENTRY/manifest.json").write_text(json.dumps(manifest))
    (score,) = (block for block in blocks(page, "sh") if "bench score" in block)
    assert main(shlex.split(score.replace(" ANOTHER", ""))[1:]) == 0
    assert Path("judged/report.html").exists()


def test_its_commands_are_understood(page: str) -> None:
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            cli._parser().parse_args(shlex.split(line)[1:])
