import shutil
from pathlib import Path

import pytest
from tests.generation.test_precision import half
from tests.generation.toy import toy


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy pipeline as saved; not to be written to."""
    folder = tmp_path_factory.mktemp("weights")
    toy(default_size=[48, 32], knows="toys").save_pretrained(folder)
    return folder


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    folder = tmp_path / "weights"
    shutil.copytree(saved, folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The toy pipeline in bfloat16 as saved."""
    half().save_pretrained(tmp_path / "half")
    return tmp_path / "half"
