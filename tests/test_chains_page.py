"""What docs/chains.md shows runs."""

import re
import shlex
from pathlib import Path

import pytest

from cut2next.cli.main import main
from cut2next.cli.storyboard_plan import read_plan


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_its_plan_and_its_python_run(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (project / "docs" / "chains.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (plan,) = blocks(page, "json")
    Path("plan.json").write_text(plan, encoding="utf-8")
    shoot, board = blocks(page, "sh")[0].splitlines()
    assert main(shlex.split(shoot)[1:]) == 0, capsys.readouterr().err
    people = [re.findall(r"<\w+> \([^)]+\)", cut.next) for cut in read_plan(Path("plan.json"))]
    assert all(len(named) for named in people)
    told = read_plan(Path("plan.json"))[0].prompt.current.text
    assert all(person in told for named in people for person in named)  # they are who is there
    assert main([*shlex.split(board)[1:], "--steps", "1"]) == 0, capsys.readouterr().err
    assert {path.name for path in Path("board").iterdir()} == {
        "01.png",
        "02.png",
        "03.png",
        "sheet.png",
    }
    (code,) = blocks(page, "python")
    exec(compile(code, "chains.md", "exec"), {})
    assert Path("2.png").exists()
