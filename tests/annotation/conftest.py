"""A server and a cache for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.annotation.server import LoopbackServer

from cut2next.annotation.cache import AnswerCache


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    with AnswerCache(tmp_path / "answers.jsonl") as opened:
        yield opened
