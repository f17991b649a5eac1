"""Models that are tiny and untrained, once a module."""

from pathlib import Path

import pytest
from tests.films.scorers.toys import classifier, clip, deep_head, linear_head


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    clip(folder / "clip")
    classifier(folder / "classifier", "normal", "nsfw")
    linear_head(folder / "linear.safetensors")
    deep_head(folder / "deep.safetensors")
    return folder
