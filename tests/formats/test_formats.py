"""Files that older versions wrote are still read, and make the same."""

import filecmp
import json
import shutil
from pathlib import Path

import datasets
import pytest
import torch
from safetensors import safe_open
from tests.annotation.runs import ONE, run
from tests.annotation.server import LoopbackServer, openai_compatible
from tests.formats.made import FORMATS, TOYS, machine, made_by_mini, made_by_toy
from torch import Tensor

from cut2next.annotation import question
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.outcome import Annotated
from cut2next.cli.main import main
from cut2next.cuts.annotating import to_annotate
from cut2next.film import EditingPattern, editing_pattern

ROUNDING = 1e-4
"""What other kernels, of other processors, may make of float32."""


def assert_as_it_was(made: dict[str, Tensor], name: str) -> None:
    """To the bit where the machine is the one that made the expected tensors."""
    with safe_open(FORMATS / "made.safetensors", framework="pt") as file:
        names = [f"{name}.{kind}" for kind in made if f"{name}.{kind}" in file.keys()]  # noqa: SIM118
        assert names
        told = file.metadata()
        made_on = told.get(f"{name}.made_on", told["made_on"])
        bound = 0 if made_on == machine() else ROUNDING
        for key in names:
            expected = file.get_tensor(key)
            kind = key.rpartition(".")[2]
            torch.testing.assert_close(made[kind], expected, rtol=0, atol=bound)


def same_files(folder: Path, other: Path) -> bool:
    """Whether two folders hold the same, byte for byte."""
    names, others = (
        sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())
        for top in (folder, other)
    )
    return names == others and filecmp.cmpfiles(folder, other, names, shallow=False)[0] == names


@pytest.mark.parametrize(("table", "lora"), TOYS)
def test_a_model_and_its_loras_make_what_they_made(
    table: str, lora: str | None, tmp_path: Path
) -> None:
    assert_as_it_was(made_by_toy(table, lora, tmp_path), f"{table}.{lora}")


def test_the_mini_model_makes_what_it_made() -> None:
    assert_as_it_was(made_by_mini(), "mini")


@pytest.mark.parametrize(
    ("lora", "trained"),
    [
        ("lora-1", "current prompt 6, next prompt 7, relational prompt 5"),
        ("lora-1-paper", "paper"),
        ("lora-diffusers", "not by cut2next, or not said"),
    ],
)
def test_a_lora_says_how_it_was_trained(
    lora: str, trained: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lora", "info", str(FORMATS / f"{lora}.safetensors")]) == 0
    assert trained in capsys.readouterr().out


@pytest.mark.parametrize("cuts", ["cuts-1", "cuts-2"])
def test_cuts_are_valid_and_hold_what_they_held(
    cuts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "validate", str(FORMATS / cuts)]) == 0
    assert "all is well with 2 cuts" in capsys.readouterr().out
    assert main(["data", "export", str(FORMATS / cuts), str(tmp_path / "plain")]) == 0
    assert same_files(tmp_path / "plain", FORMATS / f"{cuts}-plain")


@pytest.mark.parametrize("cuts", ["cuts-1", "cuts-2"])
def test_a_plain_folder_comes_back_as_it_was(cuts: str, tmp_path: Path) -> None:
    plain = FORMATS / f"{cuts}-plain"
    assert main(["data", "import", str(plain), str(tmp_path / "cuts")]) == 0
    assert main(["data", "export", str(tmp_path / "cuts"), str(tmp_path / "plain")]) == 0
    assert same_files(tmp_path / "plain", plain)


def test_cuts_of_the_first_format_are_told_of_and_merge_with_later_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "validate", str(FORMATS / "cuts-1")]) == 0
    assert "format 1, written by an older version and still read" in capsys.readouterr().out
    new = str(tmp_path / "new")
    assert main(["data", "merge", str(FORMATS / "cuts-1"), "--out", new]) == 0
    assert main(["data", "validate", new]) == 0
    assert "format 1" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cuts", "scenes", "scores"),
    [("cuts-1", {"not known": 2}, 0), ("cuts-2", {"film, 0": 2}, 4)],
)
def test_cuts_are_counted(
    cuts: str, scenes: dict[str, int], scores: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "stats", "--json", str(FORMATS / cuts)]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts["cuts"] == 2
    assert (counts["scene"], len(counts["scores"])) == (scenes, scores)


def test_answers_are_not_asked_for_again_and_are_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The questions in the words of then: an answer is one to its question's words.
    monkeypatch.setattr(question, "VERSION", 1)
    told = "Away from the action to something else that belongs to the scene."
    monkeypatch.setitem(editing_pattern._DEFINITIONS, EditingPattern.CUTAWAY, told)
    shutil.copy(FORMATS / "annotations-1.jsonl", tmp_path / "answers")
    cuts = to_annotate(FORMATS / "cuts-2", rejected=True, again=True)
    with LoopbackServer() as server, AnswerCache(tmp_path / "answers") as cache:
        whole, given_up = (
            run([cut], openai_compatible(server), cache, ONE)[cut.id] for cut in cuts
        )
        # About the shots of the second cut the reader of then did not get to ask.
        assert len(server.asked) == 2
    assert isinstance(whole, Annotated)
    assert isinstance(given_up, Annotated)
    assert given_up.annotation.patterns == {EditingPattern.CUT_IN}


def test_hugging_face_opens_them(tmp_path: Path) -> None:
    first = datasets.load_dataset(str(FORMATS / "cuts-1"), cache_dir=str(tmp_path))
    assert (list(first), first["train"][0]["next_image"].size) == (["train"], (40, 16))
    second = datasets.load_dataset(str(FORMATS / "cuts-2"), cache_dir=str(tmp_path))
    assert sorted(second) == ["rejected", "train"]
