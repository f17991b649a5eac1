"""What docs/flux1.md shows runs, on toy weights in the files and folders that it names."""

import re
import shlex
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from tests.backbones.flux1.test_single_file import as_gguf, as_original
from tests.generation.loras import written
from tests.generation.toy import SIZE, picture, toy

from cut2next.cli.main import main


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs" / "flux1.md").read_text(encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    toy(default_size=list(SIZE)).save_pretrained("FLUX.1-dev")
    as_original(Path("flux1-dev.safetensors"))
    as_gguf(Path("flux1-dev-Q8_0"))
    written(tmp_path, "cut2next", 1)
    save_file(load_file(written(tmp_path, "style", 2)), "style.safetensors")
    picture().save("current.png")
    return tmp_path


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_its_python_runs(page: str, desk: Path) -> None:
    code = "\n".join(blocks(page, "python"))
    exec(compile(code, "flux1.md", "exec"), {})  # what a reader would paste
    assert (desk / "mine.safetensors").exists()


def test_its_commands_run(page: str, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    assert len(lines) == 5
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "cut2next"
        assert main(arguments) == 0, capsys.readouterr().err
    assert (desk / "next.png").exists()
    assert (desk / "merged" / "model_index.json").exists()
