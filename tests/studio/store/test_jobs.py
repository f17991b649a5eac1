"""Jobs: each run until it ends, ended once, and its result on the board with that or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.studio.store.asking import job, result

from cut2next.film import InputError
from cut2next.studio.store import (
    MOST_JOBS,
    NOW,
    TONIGHT,
    TRIES,
    EndedError,
    MissingError,
    State,
    Store,
    TooManyError,
    jobs,
)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store.in_memory()) as opened:
        yield opened


def test_the_most_urgent_comes_first_and_of_these_the_oldest(store: Store) -> None:
    for id, priority in (("a", TONIGHT), ("b", NOW), ("c", TONIGHT), ("d", NOW)):
        store.add([job(id, priority=priority)])
    order = [claimed.id for _ in range(4) if (claimed := store.claim(0))]
    assert order == ["b", "d", "a", "c"]
    assert store.claim(0) is None


def test_a_job_comes_back_as_it_was_asked_for(store: Store) -> None:
    asked = job("a")
    (queued,) = store.add([asked])
    assert replace(queued, made="") == asked
    assert queued.made.endswith("Z")
    running = store.claim(3)
    assert running is not None
    assert (running.state, running.device, store.counts()[State.WAITING]) == (State.RUNNING, 3, 0)
    assert store.step("a", 2, 28) == replace(running, step=2, steps=28) == store.job("a")


def test_a_result_is_on_the_board_once(store: Store) -> None:
    store.add([job("a")])
    with pytest.raises(EndedError, match="waiting"):
        store.finish("a", result(job("a")))
    store.claim(0)
    done = store.finish("a", result(job("a")))
    assert (done.state, done.candidate) == (State.DONE, "a")
    with pytest.raises(EndedError):
        store.finish("a", result(job("b")))
    assert [candidate.id for candidate in store.board.candidates] == ["a"]
    assert not store.can_undo


def test_a_result_that_the_board_refuses_does_not_end_the_job(store: Store) -> None:
    store.add([job("a"), job("b")])
    store.claim(0)
    store.claim(1)
    store.finish("a", result(job("a")))
    with pytest.raises(InputError):
        store.finish("b", result(job("a")))
    assert store.job("b").state is State.RUNNING
    assert store.finish("b", None).candidate is None
    assert store.version == 1


def test_what_was_cancelled_or_has_failed_has_ended(store: Store) -> None:
    store.add([job("a"), job("b")])
    store.claim(0)
    assert store.cancel("a").state is State.CANCELLED
    assert store.fail("b", "no\nroom\x1b").error == "no room "
    for id in ("a", "b"):
        with pytest.raises(EndedError):
            store.retry(id)
        with pytest.raises(EndedError):
            store.finish(id, result(job()))
        assert store.step(id, 1, 2).step == 0
    assert [each.id for each in store.jobs((State.FAILED,))] == ["b"]
    assert store.board.candidates == ()


def test_a_job_that_has_failed_can_be_dismissed_and_nothing_else_that_has_ended(
    store: Store,
) -> None:
    store.add([job("a"), job("b")])
    store.claim(0)
    store.fail("a", "no room")
    assert store.cancel("a").error == "no room"
    assert store.jobs((State.FAILED,)) == []
    store.claim(0)
    store.finish("b", None)
    for id in ("a", "b"):
        with pytest.raises(EndedError):
            store.cancel(id)


def test_the_same_key_asks_once(store: Store) -> None:
    first = store.add([job(), job()], key="k")
    assert store.add([job()], key="k") == first
    assert len(store.jobs()) == 2
    with pytest.raises(InputError):
        store.add([job()], key="\ud800")


@pytest.mark.parametrize("id", ["gone", "\ud800", "a" * 9999, "' OR 1=1 --"])
def test_a_job_that_is_not_there_is_told_in_a_line(id: str, store: Store) -> None:
    with pytest.raises(MissingError) as error:
        store.cancel(id)
    assert "\n" not in str(error.value)


def test_what_ended_long_ago_is_counted_and_not_listed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LISTED", 2)
    store.add([job("waits")])
    for id in "abcd":
        store.add([job(id)])
        store.cancel(id)
    assert [each.id for each in store.jobs()] == ["waits", "c", "d"]
    counts = store.counts()
    assert (counts[State.WAITING], counts[State.CANCELLED], counts[State.DONE]) == (1, 4, 0)


def test_all_are_queued_or_none(store: Store) -> None:
    store.add([job("a")])
    for more in ([job("b"), job("a")], [job("b"), job("b")]):
        with pytest.raises(InputError):
            store.add(more)
    with pytest.raises(TooManyError):
        store.add([job() for _ in range(MOST_JOBS)])
    assert [each.id for each in store.jobs()] == ["a"]


@pytest.mark.parametrize("asked", ["{", "{}", '{"maker": 7}'])
def test_one_that_is_damaged_is_in_nobodys_way(asked: str, tmp_path: Path) -> None:
    with closing(Store.open(tmp_path)) as store:
        bad, ran, good = store.add([job(), job(), job()])
        damage = "UPDATE jobs SET asked = ?, state = ? WHERE id = ?"
        store._database.ask(damage, (asked, "waiting", bad.id))
        store._database.ask(damage, (asked, "running", ran.id))
        claimed = store.claim(0)
        assert claimed is not None
        assert claimed.id == good.id
        assert store.counts()[State.FAILED] == 1
    with closing(Store.open(tmp_path)) as store:
        assert [each.id for each in store.jobs()] == [good.id]
        assert store.counts()[State.FAILED] == 2
        with pytest.raises(MissingError):
            store.job(bad.id)


def test_two_devices_never_have_the_same(store: Store) -> None:
    store.add([job() for _ in range(40)])
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(store.claim, range(40)))
    assert len({each.id for each in claimed if each}) == 40


def test_what_ran_when_the_server_closed_waits_untried(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "b")) as store:
        store.add([job("a")])
        store.claim(0)
    with closing(Store.open(tmp_path / "b")) as again:
        assert (again.job("a").state, again.job("a").tries) == (State.WAITING, 0)


def test_what_is_no_panels_is_given_up_with_whoever_waited(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "b")) as store:
        store.add([job("a", panel=None), job("b", panel=None), job("c")])
        store.claim(0)
    with closing(Store.open(tmp_path / "b")) as again:
        states = [each.state for each in again.jobs()]
    assert states == [State.CANCELLED, State.CANCELLED, State.WAITING]


def test_one_whose_maker_ends_too_often_has_failed(store: Store) -> None:
    store.add([job("a")])
    for tries in range(1, TRIES + 1):
        store.claim(0)
        assert store.retry("a").tries == tries
    failed = store.job("a")
    assert failed.state is State.FAILED
    assert f"{TRIES} times" in failed.error
    assert store.claim(0) is None
