"""A folder of the diffusers library from a stranger is looked into before it is loaded."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.generation.lying import chosen, lying, within
from tests.makers.test_diffusers_maker import made

from cut2next.film import Cut2NextError, WeightsError
from cut2next.makers.diffusers_folder import fetched
from cut2next.makers.processor import Qwen3Stills, stills_processor

Checkpoint = Callable[[str], Path]


@pytest.fixture
def folder(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    """A copy of a checkpoint, to be damaged."""
    return Path(shutil.copytree(checkpoint("klein"), tmp_path / "klein"))


def changed(path: Path, **settings: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **settings}))


def test_no_module_but_two_libraries_is_ever_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (folder, folder / "vae"):
        (place / "evil.py").write_text("class Evil: pass\n")
    monkeypatch.syspath_prepend(folder)
    changed(folder / "model_index.json", vae=["evil", "Evil"])
    with pytest.raises(WeightsError, match="names 'vae', of 'evil'"):
        made(folder, 3)
    assert "evil" not in sys.modules


def test_code_of_a_tokenizers_own_is_neither_run_nor_asked_about(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(checkpoint("qwen21") / "processor", tmp_path / "processor"))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    own = {"AutoTokenizer": ["evil.Evil", None]}
    changed(folder / "tokenizer_config.json", auto_map=own, tokenizer_class="Evil")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with suppress(ValueError):
        stills_processor(Qwen3Stills, folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("component", ["transformer", "text_encoder"])
def test_what_could_not_be_built_soon_is_refused(folder: Path, component: str) -> None:
    config = json.loads((folder / component / "config.json").read_bytes())
    depth = next(name for name in config if name.endswith("layers"))
    changed(folder / component / "config.json", **{depth: 10**9})
    with within(), pytest.raises(WeightsError, match=f"{depth}=1000000000, of which no network"):
        fetched(str(folder))


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "vae" / "more.json")
    with within(), pytest.raises(WeightsError, match=r"more\.json: is a pipe"):
        fetched(str(folder))


def test_a_component_that_the_pipeline_has_not_is_told_in_a_line(folder: Path) -> None:
    changed(folder / "model_index.json", other=["diffusers", "AutoencoderKL"])
    shutil.copytree(folder / "vae", folder / "other")
    with pytest.raises(WeightsError, match="other") as refused:
        made(folder, 3)
    assert str(refused.value).isprintable()


def test_a_lying_folder_is_refused_in_a_line_or_loads(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    for number, lie in enumerate(chosen(checkpoint("klein"), 25, seed=7)):
        copy = lying(checkpoint("klein"), lie, tmp_path / str(number))
        try:
            with within():
                fetched(str(copy))
        except Cut2NextError as error:
            assert str(error).isprintable(), lie.name  # noqa: PT017  # some are no lies here
        shutil.rmtree(copy)


@pytest.mark.slow
def test_a_lying_folder_makes_pictures_or_is_refused_in_a_line(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    for number, lie in enumerate(chosen(checkpoint("klein"), 60, seed=8)):
        copy = lying(checkpoint("klein"), lie, tmp_path / str(number))
        try:
            with within(60):
                made(copy, 3)
        except Cut2NextError as error:
            assert str(error).isprintable(), lie.name  # noqa: PT017  # some are no lies here
        shutil.rmtree(copy)
