"""What every test stands on: no network, one thread, the same examples each time."""

import atexit
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Before torch or a Hugging Face library is imported, here or in a subprocess of a test.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# What a person or an earlier run has cached must not decide a test.
_cache = tempfile.TemporaryDirectory(prefix="cut2next-tests-")
atexit.register(_cache.cleanup)
os.environ["HF_HOME"] = _cache.name
# Toy sizes run no slower on one thread, and a float sum then has one order.
os.environ.setdefault("OMP_NUM_THREADS", "1")

PROJECT = Path(__file__).resolve().parent.parent

# Deterministic: a failing example comes back on every machine, and nothing is kept on disk.
settings.register_profile(
    "cut2next", derandomize=True, database=None, deadline=None, max_examples=25
)
settings.register_profile("thorough", settings.get_profile("cut2next"), max_examples=400)
settings.load_profile("cut2next")


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the project, for tests that hold the code and its documents together."""
    return PROJECT


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of test films; without it the test is skipped. Mark such tests `footage`."""
    folder = Path(os.environ.get("CUT2NEXT_FOOTAGE", PROJECT.parent / "shared" / "footage"))
    if not folder.is_dir():
        pytest.skip(f"no test films in {folder}; set CUT2NEXT_FOOTAGE to their folder")
    return folder


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `gpu` is skipped where there is none."""
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
