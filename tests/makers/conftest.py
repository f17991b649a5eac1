from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.makers import checkpoints


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a small random checkpoint, by the name of its maker's file; not to be changed.

    The one is written when it is first asked for.
    """

    @cache
    def saved(name: str) -> Path:
        return checkpoints.save(name, tmp_path_factory.mktemp(name))

    return saved


@pytest.fixture(autouse=True)
def small_references(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qwen-Image-Edit's pipeline brings its references to sizes that are written in its code."""
    module = "diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus"
    for name in ("VAE_IMAGE_SIZE", "CONDITION_IMAGE_SIZE"):
        monkeypatch.setattr(f"{module}.{name}", 64 * 64)
