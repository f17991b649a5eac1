"""A model on this machine: a toy that babbles, so that its answers never fit."""

import asyncio
import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotation.stills import cuts, still
from tests.annotation.toy import write_toy

from cut2next.annotation import local
from cut2next.annotation.annotating import annotate
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.limits import Limits
from cut2next.annotation.local import LateAnnotator, LocalAnnotator
from cut2next.annotation.outcome import Failed
from cut2next.annotation.question import Question
from cut2next.annotation.schema import ShotAnswer
from cut2next.film import InputError, WeightsError


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "toy"
    write_toy(folder)
    return folder


def test_a_local_model_is_asked_and_what_it_says_is_kept(toy: Path, tmp_path: Path) -> None:
    annotator = LocalAnnotator(toy, most_tokens=5)
    with AnswerCache(tmp_path / "answers") as cache:
        (outcome,) = annotate(cuts(1), annotator, cache, Limits(re_asks=1))
        assert isinstance(outcome, Failed)
        assert outcome.reason.startswith("2 answers did not fit, cut off after 10 tokens: no JSON")
        assert cache.tokens(annotator.model).out == 5 + 10  # the second gets twice the room
    lines = [json.loads(line) for line in (tmp_path / "answers").read_text().splitlines()[1:]]
    assert [line["attempt"] for line in lines] == [1, 2]
    assert all(line["raw"] for line in lines)
    # One token a byte: the second question also tells the fault.
    assert lines[1]["tokens_in"] > lines[0]["tokens_in"] > 2000


def test_an_answer_that_takes_too_long_is_given_up(toy: Path, tmp_path: Path) -> None:
    annotator = LocalAnnotator(toy, most_tokens=100_000)
    limits = Limits(timeout=1.0, retries=0)
    started = time.monotonic()
    with AnswerCache(tmp_path / "answers") as cache:
        (outcome,) = annotate(cuts(1), annotator, cache, limits)
    assert outcome == Failed(id="cut 0", reason="no whole answer within 1 s")
    assert time.monotonic() - started < 30


def test_models_are_told_apart_by_their_weights(toy: Path, tmp_path: Path) -> None:
    write_toy(tmp_path / "toy", seed=1)
    shutil.copytree(toy, tmp_path / "copy" / "toy")
    names = [LocalAnnotator(folder).model for folder in (toy, tmp_path / "toy")]
    assert names[0] != names[1]
    assert LocalAnnotator(tmp_path / "copy" / "toy").model == names[0]


def test_a_folder_is_looked_into_before_it_is_loaded(toy: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(toy, tmp_path / "toy"))
    os.mkfifo(folder / "more.json")
    with pytest.raises(WeightsError, match=r"more\.json: is a pipe"):
        LocalAnnotator(folder)


def test_a_late_one_is_loaded_once_it_is_asked(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Path] = []
    load = local._load

    def counted(folder: Path, device: str) -> tuple[object, object]:
        loaded.append(folder)
        return load(folder, device)

    monkeypatch.setattr(local, "_load", counted)
    annotator = LateAnnotator(toy)
    assert (annotator.model, loaded) == ("toy", [])
    with pytest.raises(InputError, match="holds no safetensors"):
        LateAnnotator(tmp_path)
    question = Question(stills=(still(0),), text="What is it?", schema=ShotAnswer, largest_side=64)
    for _ in range(2):
        asyncio.run(annotator.check())
        assert asyncio.run(annotator.ask(replace(question, room=3))).tokens_out == 3
    assert loaded == [toy]


def test_what_is_no_model_is_refused(toy: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no safetensors"):
        LocalAnnotator(tmp_path)
    shutil.copytree(toy, tmp_path / "toy")
    (tmp_path / "toy" / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="damaged, or no safetensors"):
        LocalAnnotator(tmp_path / "toy")
