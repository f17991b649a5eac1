"""What whole runs stand on: a toy model and a small film."""

from pathlib import Path

import pytest
from tests.recipes.lora.runs import make_quick, recipe, saved_toy, sources, trained
from tests.training.batches.sets import film


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy model's folder."""
    return saved_toy(tmp_path_factory.mktemp("model") / "toy")


@pytest.fixture(scope="session")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five cuts of one film, in words that the toy knows."""
    return film(tmp_path_factory.mktemp("cuts") / "film", 5)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs do not find out what they take, and draw small sheets: both take long."""
    make_quick(monkeypatch)


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory, model: Path, cuts: Path) -> Path:
    """The folder of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        trained(recipe(model), sources(cuts), folder)
    return folder
