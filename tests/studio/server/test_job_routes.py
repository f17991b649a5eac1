"""Jobs over HTTP: five ways at once, told as they go, cancelled, kept as candidates."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.studio.jobs.boards import PlainEngine, begun
from tests.studio.server.serving import Client, served, until

from cut2next.film import OutputError
from cut2next.studio.board import Panel
from cut2next.studio.operations import InsertPanel
from cut2next.studio.store import Store

WAYS = [["shot-reverse-shot"], ["cut-in"], ["cut-out"], ["cutaway"], ["multi-angle"]]
FIVE = {"panels": ["p2"], "maker": "tint", "patterns": WAYS}


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.in_memory()
    begun(store)
    yield store
    store.close()


def _states(here: Client) -> list[str]:
    return [job["state"] for job in here.get("/api/jobs")["jobs"]]


def test_five_ways_to_cut_come_as_candidates_and_one_is_kept(store: Store) -> None:
    with served(store) as here, here.listening() as events:
        jobs = here.post("/api/jobs", {**FIVE, "key": "five"})["jobs"]
        assert [job["asked"]["way"]["patterns"] for job in jobs] == WAYS
        assert here.post("/api/jobs", {**FIVE, "key": "five"})["jobs"][0]["id"] == jobs[0]["id"]
        came = [events.next("operation")[1] for _ in range(5)]
        assert {each["kind"] for each in came} == {"aside"}
        until(lambda: _states(here) == ["done"] * 5)
        told = here.get("/api/board")
        chosen = told["board"]["candidates"][2]
        assert not told["can_redo"]
        keep = {"op": "Keep", "panel": "p2", "candidate": chosen["id"]}
        here.post("/api/operations", {"operation": keep})
        panel = here.get("/api/board")["board"]["scenes"][0]["panels"][1]
        assert panel["picture"] == chosen["picture"]
        assert panel["way"] == {**chosen["way"], "seed": None}
        more = here.post("/api/jobs", {"panels": ["p2"], "maker": "tint", "count": 3})["jobs"]
        assert chosen["way"]["seed"] not in [job["asked"]["way"]["seed"] for job in more]


def test_a_queue_that_takes_nothing_is_not_healthy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(device: int) -> None:
        raise OutputError("the disk", expected="room", hint="make some")

    monkeypatch.setattr(store, "claim", claim)
    with served(store) as here:
        until(lambda: here.ask("GET", "/healthz")[0] == 503)
        assert here.ask("GET", "/healthz")[1]["fault"] == "the disk; expected room; make some"


def test_a_job_is_told_step_by_step_and_cancelled(store: Store) -> None:
    engine = PlainEngine()
    engine.gate = asyncio.Event()
    with served(store, engine) as here, here.listening() as events:
        (one, two) = here.post("/api/jobs", {"panels": ["p2"], "maker": "tint", "count": 2})["jobs"]
        assert two["asked"]["way"]["seed"] == one["asked"]["way"]["seed"] + 1
        until(lambda: here.get(f"/api/jobs/{one['id']}")["step"] == 1)
        assert here.ask("DELETE", f"/api/jobs/{one['id']}")[1]["state"] == "cancelled"
        assert here.refused("DELETE", f"/api/jobs/{one['id']}") == 409
        until(lambda: here.get(f"/api/jobs/{two['id']}")["state"] == "running")
        here.ask("DELETE", f"/api/jobs/{two['id']}")
        assert _states(here) == ["cancelled", "cancelled"]
        while events.next("job")[1]["state"] != "cancelled":
            pass
    assert engine.is_closed
    assert not store.board.candidates


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"maker": "nobody"}, 400),
        ({"panels": ["nobody"]}, 400),
        ({"panels": ["p1"]}, 400),
        ({"panels": []}, 422),
        ({"patterns": [["no-cut"]]}, 422),
        ({"patterns": [[]]}, 400),
        ({"count": 17}, 422),
        ({"priority": 2}, 422),
        ({"count": 16, "patterns": [["cut-in"]] * 32, "panels": ["p2"] * 2}, 429),
    ],
)
def test_what_cannot_be_made_is_refused(
    store: Store, change: dict[str, object], status: int
) -> None:
    with served(store) as here:
        assert here.refused("POST", "/api/jobs", {**FIVE, **change}) == status
        assert here.get("/api/jobs")["jobs"] == []
        assert here.refused("GET", "/api/jobs/nobody") == 404


def test_a_whole_board_waits_for_tonight_and_is_cancelled_at_once(store: Store) -> None:
    engine = PlainEngine()
    engine.gate = asyncio.Event()
    for number in range(3):
        store.do(InsertPanel(panel=Panel(id=f"q{number}", frames=1), scene="s1", at=2))
    with served(store, engine) as here:
        here.post("/api/jobs", {"panels": ["p2", "p2"], "maker": "tint", "priority": 1})
        until(lambda: "running" in _states(here))
        (ended,) = here.ask("DELETE", "/api/jobs")[1]["jobs"]
        assert ended["state"] == "cancelled"
        assert sorted(_states(here)) == ["cancelled", "running"]
