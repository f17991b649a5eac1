"""A served page in Chromium, driven by Playwright; and what axe-core finds wrong with it.

axe-core (MPL-2.0) comes inside the package axe-playwright-python, for tests alone.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_QUIET = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Any]:
    """Playwright's browser; skips the test where there is no Chromium, or no Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


def serious_faults(page: Any) -> list[str]:
    """What axe-core calls serious or critical, and where."""
    from axe_playwright_python.sync_playwright import Axe

    told = Axe().run(page).response
    assert told["passes"]  # it did look
    return [
        f"{fault['id']}: {node['html']}"
        for fault in told["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
