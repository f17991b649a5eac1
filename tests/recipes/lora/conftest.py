"""What whole runs stand on: a toy model, a small film, and an estimate that is made once."""

from pathlib import Path

import pytest
from tests.recipes.lora.runs import recipe, saved_toy, sources, trained
from tests.training.batches.sets import film

from cut2next.generation.device import Device
from cut2next.generation.plan import model_named
from cut2next.recipes.lora import run
from cut2next.recipes.lora.estimate import Estimate, estimated


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy model's folder."""
    return saved_toy(tmp_path_factory.mktemp("model") / "toy")


@pytest.fixture(scope="session")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five cuts of one film, in words that the toy knows."""
    return film(tmp_path_factory.mktemp("cuts") / "film", 5)


@pytest.fixture(scope="session")
def estimate(model: Path) -> Estimate:
    """What the toy takes; it takes seconds to find out."""
    return estimated(recipe(model), model_named(str(model)), Device("cpu", computes_fp8=False))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, estimate: Estimate) -> None:
    """Runs ask nobody how much they take."""
    monkeypatch.setattr(run, "estimated", lambda *_: estimate)


@pytest.fixture(scope="session")
def unbroken(
    tmp_path_factory: pytest.TempPathFactory, model: Path, cuts: Path, estimate: Estimate
) -> Path:
    """The folder of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "estimated", lambda *_: estimate)
        trained(recipe(model), sources(cuts), folder)
    return folder
