"""What docs/training.md shows runs, with fewer cuts and steps."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.films.footage import Coding, shots, write_film

from cut2next.cli import main as cli
from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records

FEWER = {"count": 1, "shots": 4}


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs" / "training.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def run(line: str, capsys: pytest.CaptureFixture[str], *more: str) -> None:
    for option, few in FEWER.items():
        line = re.sub(rf"--{option} \d+", f"--{option} {few}", line)
    program, *arguments = shlex.split(line)
    assert program == "cut2next"
    assert main([*arguments, *more]) == 0, capsys.readouterr().err


@pytest.mark.slow
def test_its_quarter_of_an_hour_and_the_loop_of_ones_own_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shoot, train, generate = blocks(page, "sh")[0].splitlines()
    run(shoot, capsys)
    run(train, capsys, "--steps", "2", "--rank", "2", "--held-out", "1")
    run(generate, capsys, "--steps", "1")
    assert Path("next.png").exists()
    assert Path("runs/office/sheets/step-2.png").exists()
    (loop,) = blocks(page, "python")
    exec(loop, {})
    run(generate.replace("runs/office/lora", "mine"), capsys, "--steps", "1")


@pytest.mark.slow
def test_a_film_is_trained_on_without_an_annotator(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("films").mkdir()
    write_film(Path("films/one.mp4"), shots([0, 1, 2, 3, 0]), Coding())
    _, cut, learn, *_ = blocks(page, "sh")
    for line in cut.splitlines():
        run(line, capsys)
    lines = Path("plain/cuts.jsonl").read_text(encoding="utf-8").splitlines()
    (written,) = map(json.loads, blocks(page, "json"))
    cuts = [json.loads(line) for line in lines]
    told = [cut | {name: cut[name] | words for name, words in written.items()} for cut in cuts]
    Path("plain/cuts.jsonl").write_text("".join(f"{json.dumps(cut)}\n" for cut in told))
    bring, train = learn.splitlines()
    run(bring, capsys)
    assert all(record.annotated for record in read_records(Path("mine"), split="train"))
    on_mini = train.partition(" --model")[0]
    run(on_mini, capsys, "--steps", "2", "--rank", "2", "--held-out", "1")
    assert Path("runs/mine/lora.safetensors").exists()


def test_its_commands_are_understood(page: str) -> None:
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            cli._parser().parse_args(shlex.split(line)[1:])
