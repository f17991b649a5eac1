"""Folders of strangers whose files would be waited for: sets, models, runs, benchmarks of pipes.

Every command is given a folder of pipes in the place of each of its paths, as the parser tells
them, so that a new one is tried without being listed; and those that read most are given good
folders of which one file is none.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.attack.invoking import Outcome, invoke
from tests.cli.commands import ARGUMENTS, Argument
from tests.cutbench.frozen import entry, frozen

FILES = (
    "README.md",
    "about.json",
    "adapter_config.json",
    "adapter_model.safetensors",
    "cases.jsonl",
    "config.json",
    "cuts.jsonl",
    "curation/decisions.csv",
    "data/test-00000.parquet",
    "data/train-00000.parquet",
    "features.sqlite",
    "film.mp4",
    "images/a.png",
    "judge-answers.jsonl",
    "lock",
    "lora.safetensors",
    "manifest.json",
    "metrics.jsonl",
    "model.safetensors",
    "model_index.json",
    "picture.png",
    "pytorch_lora_weights.safetensors",
    "recipe.json",
    "scene318/meta/split318.json",
    "scene318/shot318/tt1.txt",
    "scene318/label318/tt1.txt",
    "240P_frames/tt1/shot_0000_img_1.jpg",
    "shots.jsonl",
    "scheduler/scheduler_config.json",
    "step-1/run.json",
    "tokenizer/tokenizer.json",
    "truth/truth.jsonl",
    "transformer/config.json",
    "transformer/diffusion_pytorch_model.safetensors",
    "vae/config.json",
    "votes.sqlite",
    "cases/about.json",
    "entries/mini/manifest.json",
    "sheets/beginning.safetensors",
)
AT_WORK = {
    "demo",
    "soundstage",
    "train mini",
    "experiments",
    "bench soundstage",
    "weights fetch",
    "weights list",
}
"""What reads nothing of a stranger's, and would begin to work."""
SERVED = {"studio --films", "studio --votes"}
"""What is served all the same: films are looked into when somebody asks for them
(tests/studio/server/test_films.py), votes where there is a study, as `bench study` tells."""
PATHS = [
    each
    for each in ARGUMENTS
    if each.is_path and " ".join(each.command) not in AT_WORK and str(each) not in SERVED
]


@pytest.fixture
def pipes(tmp_path: Path) -> Path:
    """A folder of pipes in a folder to work in."""
    for name in FILES:
        path = tmp_path / "pipes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
    return tmp_path


def _said(outcome: Outcome) -> str:
    """What is wrong with how a run ended; nothing where it is one line, and soon."""
    if outcome.code is None:
        return "waits"
    fine = outcome.code in (0, 2) and outcome.err.count("\n") <= 1
    return "" if fine else f"{outcome.code}: {outcome.err[-400:]}"


@pytest.mark.slow
@pytest.mark.parametrize("argument", PATHS, ids=str)
def test_a_folder_of_pipes_is_refused_at_once(argument: Argument, pipes: Path) -> None:
    words = [*argument.run_with("pipes", paths="pipes"), "--quiet"]
    assert _said(invoke(words, pipes, within=30)) == ""
    assert {path.name for path in pipes.iterdir()} == {"pipes"}


def _link_to_zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


NO_FILES: tuple[Callable[[Path], object], ...] = (
    os.mkfifo,
    _link_to_zero,
    _link_to_itself,
    Path.mkdir,
    _sparse,
)
READ = (
    ("data", "validate", "cuts-2"),
    ("data", "stats", "cuts-2"),
    ("data", "import", "cuts-2-plain", "made"),
    ("lora", "merge", "lora-1.safetensors", "--model", "model-1", "-o", "made"),
    ("bench", "score", "entry", "--cases", "cases", "--out", "made"),
)
"""What reads most, and what is made of it."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A folder of good sets, models and entries."""
    folder = tmp_path_factory.mktemp("good") / "good"
    shutil.copytree(project / "tests" / "formats", folder)
    entry(folder / "entry", frozen(folder / "cases", 1))
    return folder


def _files(folder: Path, command: tuple[str, ...]) -> Iterator[Path]:
    """Those that a command is given; of pictures in one folder the first."""
    for name in command:
        of_a_kind: set[tuple[Path, str]] = set()
        for path in sorted((folder / name).rglob("*")):
            kind = path.parent, path.suffix
            if path.is_file() and not (kind in of_a_kind and path.suffix in (".png", ".jpg")):
                of_a_kind.add(kind)
                yield path.relative_to(folder)


@pytest.mark.slow
@pytest.mark.parametrize("command", READ, ids=" ".join)
def test_a_file_that_is_none_is_never_waited_for(
    command: tuple[str, ...], good: Path, tmp_path: Path
) -> None:
    words = [*command, "--quiet"]
    whole = shutil.copytree(good, tmp_path / "whole")
    assert invoke(words, whole).code == 0
    refused = 0
    for file in _files(good, command):
        for make in NO_FILES:
            folder = shutil.copytree(good, tmp_path / "folder")
            (folder / file).unlink()
            make(folder / file)
            ended = invoke(words, folder, within=30)
            assert _said(ended) == "", (str(file), make)
            assert ended.code == 0 or not (folder / "made").exists()
            refused += ended.code == 2
            shutil.rmtree(folder)
    assert refused
