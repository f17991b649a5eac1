"""Many clients at once, and whatever the API's own description lets anybody send."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.studio.jobs.boards import begun
from tests.studio.server.serving import Client, served

from cut2next.studio.board import Numbering
from cut2next.studio.store import Store

CLIENTS = 20


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.in_memory()
    begun(store)
    yield store
    store.close()


def _edits(here: Client, number: int, until: float, sent: dict[str, float]) -> None:
    count = 0
    while time.monotonic() < until:
        title = f"{number}-{count}"
        board = {"title": title, "width": 640, "height": 360, "numbering": Numbering.PLAIN.value}
        sent[title] = time.monotonic()
        here.post("/api/operations", {"operation": {"op": "EditBoard", **board}})
        count += 1
        time.sleep(0.5)


def _hears(here: Client, heard: list[dict[str, float]], ready: threading.Barrier) -> None:
    came: dict[str, float] = {}
    with here.listening() as events:
        events.next("hello")
        ready.wait()
        while (told := events.next("operation")[1]["operation"])["title"] != "the end":
            came[told["title"]] = time.monotonic()
    heard.append(came)


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.slow)])
def test_twenty_clients_hear_everything_soon(store: Store, seconds: int) -> None:
    heard: list[dict[str, float]] = []
    sent: dict[str, float] = {}
    ready = threading.Barrier(CLIENTS + 1)
    with served(store) as here:
        until = [time.monotonic() + seconds]
        hearing = [
            threading.Thread(target=_hears, args=(Client(here.port), heard, ready))
            for _ in range(CLIENTS)
        ]
        for thread in hearing:
            thread.start()
        ready.wait()
        until[0] = time.monotonic() + seconds
        editing = [
            threading.Thread(target=_edits, args=(Client(here.port), n, until[0], sent))
            for n in range(CLIENTS)
        ]
        for thread in editing:
            thread.start()
        for thread in editing:
            thread.join()
        board = {"title": "the end", "width": 640, "height": 360, "numbering": "plain"}
        here.post("/api/operations", {"operation": {"op": "EditBoard", **board}})
        for thread in hearing:
            thread.join()
    assert len(heard) == CLIENTS
    for came in heard:
        assert came.keys() == sent.keys()
    waits = sorted(at - sent[title] for came in heard for title, at in came.items())
    assert waits[len(waits) // 2] < 1  # of all on two idle cores; here others may be at work


@pytest.mark.slow
def test_nothing_that_the_api_describes_makes_it_fail(store: Store) -> None:
    import schemathesis
    from hypothesis import HealthCheck, given, settings

    with served(store) as here:
        link = f"http://127.0.0.1:{here.port}"
        schema = schemathesis.openapi.from_url(f"{link}/api/openapi.json")
        tried: set[str] = set()
        for result in schema.get_all_operations():
            operation: Any = result.ok()  # type: ignore[union-attr]  # else the test fails
            if operation.path == "/api/events":  # never ends
                continue

            @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy())
            def answers(case: Any) -> None:
                response = case.call(timeout=60)
                assert response.status_code != 500, (case.method, case.path, response.text)
                tried.add(case.path)

            answers()
        assert len(tried) > 15
