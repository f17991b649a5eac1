"""A browser, a new board and a page on it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.pages.live import chromium
from tests.studio.page.begun import Begun, furnish
from tests.studio.page.pages import Open, TintingEngine, opened
from tests.studio.server.serving import served

from cut2next.studio.store import Store


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture
def begun() -> Iterator[Begun]:
    """A new board, served."""
    engine = TintingEngine()
    store = Store.in_memory()
    with closing(store), served(store, engine) as client:
        yield Begun(store, engine, f"http://127.0.0.1:{client.port}")


@pytest.fixture
def page(browser: Any, begun: Begun) -> Iterator[Open]:
    """A page on it."""
    with opened(browser, begun.url) as page:
        yield page


@pytest.fixture
def furnished(begun: Begun) -> Begun:
    """With panels in two scenes, every second empty; texts that would do harm."""
    furnish(begun.store, 4)
    return begun
