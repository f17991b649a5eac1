"""Networks that are tiny and untrained, once for all tests of the benchmark."""

from pathlib import Path

import pytest
from tests.cutbench.features import toys


@pytest.fixture(scope="session")
def toy_dinov2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of DINOv2."""
    return toys.dinov2(tmp_path_factory.mktemp("dinov2"))


@pytest.fixture(scope="session")
def toy_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of CLIP."""
    return toys.clip(tmp_path_factory.mktemp("clip"))
