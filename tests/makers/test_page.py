"""What docs/cutbench.md shows of makers runs, on a small checkpoint under a released one's name."""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cutbench.frozen import frozen
from tests.generation.toy import picture
from tests.makers.checkpoints import PIXELS
from tests.makers.comfyui_server import WORKFLOW, ComfyServer
from tests.makers.edits_server import EditsServer
from tests.makers.test_loading import LAYER, lora

from cut2next.cli.main import main
from cut2next.film.keyframe import read_keyframe
from cut2next.makers.comfyui_server import LOCAL
from cut2next.makers.comfyui_workflow import CURRENT, NEXT, SIZE, WORDS
from cut2next.makers.diffusers_maker import Recommended
from cut2next.makers.klein import KleinMaker
from cut2next.makers.pipelines import PIPELINES
from cut2next.makers.qwen_edit import QwenEditMaker


@pytest.fixture
def section(project: Path) -> str:
    page = (project / "docs" / "cutbench.md").read_text(encoding="utf-8")
    return page.partition("## Makers")[2].partition("\n## ")[0]


def test_its_python_runs(
    section: str,
    checkpoint: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(checkpoint("qwen_edit"), "Qwen/Qwen-Image-Edit-2511")
    lora(Path("next-scene.safetensors"), LAYER)
    picture(size=(64, 48)).save("current.png")
    small = Recommended(steps=40, guidance=4, pixels=PIXELS)
    monkeypatch.setattr(QwenEditMaker, "recommended", small)
    (code,) = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    exec(compile(code, "cutbench.md", "exec"), {})  # what a reader would paste
    assert read_keyframe(Path("next.png")).size == (64, 48)
    assert "Next Scene: A cut-in" in capsys.readouterr().out


def test_its_commands_run(
    section: str,
    checkpoint: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(checkpoint("klein"), "black-forest-labs/FLUX.2-klein-4B")
    picture(size=(64, 48)).save("current.png")
    small = Recommended(steps=4, guidance=1, pixels=PIXELS)
    monkeypatch.setattr(KleinMaker, "recommended", small)
    (block,) = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    with EditsServer() as server:
        for line in block.replace("http://127.0.0.1:8000", server.url).splitlines():
            program, *typed = shlex.split(line)
            assert (program, main(typed)) == ("cut2next", 0)
    assert {path.name for path in tmp_path.glob("*.png")} == {
        "current.png",
        "klein.png",
        "served.png",
    }


def test_it_names_every_maker(section: str) -> None:
    for maker in PIPELINES.values():
        assert maker.title in section


@pytest.fixture
def comfyui(project: Path) -> str:
    page = (project / "docs" / "cutbench.md").read_text(encoding="utf-8")
    return page.partition("## ComfyUI")[2].partition("\n## ")[0]


def test_it_names_every_place_in_a_workflow(comfyui: str) -> None:
    for place in (*(f"%{word}%" for word in WORDS), CURRENT, NEXT, SIZE, LOCAL):
        assert f"`{place}`" in comfyui


def test_its_commands_with_comfyui_run(
    comfyui: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frozen(tmp_path / "mycases")
    picture(size=(64, 48)).save("current.png")
    Path("workflow_api.json").write_text(json.dumps(WORKFLOW))
    (block,) = re.findall(r"```sh\n(.*?)```", comfyui, flags=re.DOTALL)
    with ComfyServer() as server:
        for line in block.replace(f"?server={LOCAL}", "").splitlines():
            here = line.replace("api.json", f"api.json?server={server.url}")
            assert main(shlex.split(here)[1:]) == 0
    assert read_keyframe(Path("comfy.png")).size == (64, 48)
    report = json.loads(Path("comfy/report.json").read_text())
    assert report["makers"]["workflow_api"]["faults"] == {}
