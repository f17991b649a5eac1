"""`cut2next train`: a model at the end, and one line for what cannot be."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.running import leaves_nothing, refused

from cut2next.backbones.mini import weights_folder
from cut2next.cli.main import main
from cut2next.recipes import mini
from cut2next.recipes.mini import MiniRecipe
from cut2next.recipes.progress import Progress


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "maxi"], "maxi"),
        (["train", "mini", "--steps", "-1"], "-1"),
        (["train", "mini", "--rates", "0"], "0"),
        (["train", "mini", "--table", "open"], "open"),
        (["train", "mini", "--folder", "taken"], "taken"),
        (["train", "mini", "--out", "taken"], "taken"),
        (["train", "mini", "--out", "."], "holds something else than a model"),
        (["train", "mini", "--from", "nobody"], "nobody"),
        (["train", "mini", "--device", "abacus"], "abacus"),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, list) else "",
)
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in leaves_nothing(arguments, capsys)


def test_a_persons_file_beside_a_model_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(weights_folder(), "model")
    Path("model/notes.txt").write_text("mine")
    said = refused(["train", "mini", "--folder", "new", "--out", "model"], capsys)
    assert "holds something else than a model (notes.txt)" in said
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_model_that_does_not_load_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(weights_folder(), "model")
    Path("model/tokenizer/tokenizer.json").unlink()
    assert "does not load" in refused(
        ["train", "mini", "--folder", "new", "--from", "model"], capsys
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., MiniRecipe]:
    """The recipe that a command would begin, which is not begun."""
    recipes: list[MiniRecipe] = []

    def noted(recipe: MiniRecipe, out: Path) -> Iterator[Progress]:
        recipes.append(recipe)
        return iter(())

    def of(*options: str) -> MiniRecipe:
        assert main(["train", "mini", *options, "--folder", str(tmp_path / "run")]) == 0
        return recipes.pop()

    monkeypatch.setattr(mini, "train_mini", noted)
    return of


@pytest.mark.parametrize(("only", "learnt"), [("", "taught"), ("café,day", "café,day,taught")])
def test_a_part_is_learnt_without_the_looks_that_are_withheld(
    only: str, learnt: str, begun: Callable[..., MiniRecipe]
) -> None:
    assert str(begun("--only", only).repertoire) == learnt


def test_numbers_that_are_given_take_the_place_of_the_recipes(
    begun: Callable[..., MiniRecipe],
) -> None:
    usual = begun().transformer
    given = begun("--groups", "5", "--each", "2", "--steps", "7", "--rates", "0.5").transformer
    assert (given.groups, given.each, given.steps) == (5, 2, 7)
    assert given.learning_rate == usual.learning_rate / 2
    assert given.matrix_rate == usual.matrix_rate / 2
    assert given.draws == usual.draws
