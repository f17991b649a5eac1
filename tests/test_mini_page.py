"""What docs/mini.md shows runs, with fewer cuts and steps."""

import re
import shlex
from pathlib import Path

import pytest
import torch

from cut2next.cli.main import main


def test_its_commands_run(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (project / "docs" / "mini.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)
    lines = re.sub(r"--count \d+", "--count 3", re.sub(r"--steps \d+", "--steps 1", block))
    for line in lines.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "cut2next"
        with torch.compiler.set_stance("force_eager"):
            assert main(arguments) == 0, capsys.readouterr().err
    assert "3 cuts; the model does not know, and reads over, 0% of" in capsys.readouterr().err
    assert (tmp_path / "runs" / "cuts" / "model" / "model_index.json").exists()
